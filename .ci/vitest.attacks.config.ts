import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** `npm run test:attacks`: minutes long, on purpose one attack after the other. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  test: {
    include: ['tests/attacks/**/*.attacks.ts'],
    pool: 'forks',
    fileParallelism: false,
    hookTimeout: 60_000,
    testTimeout: 60_000,
  },
});
