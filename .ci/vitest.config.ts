import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';

export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/probe-once.ts'],
    pool: 'forks',
    // Files mostly wait, for processes they start and for disks: with two at once a third of two cores stood idle.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // For what hangs only: a loaded machine may be many times slower.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A key of the person who runs the tests is never used, and colours do not depend on their terminal.
    env: {
      ANTHROPIC_API_KEY: '',
      OPENAI_API_KEY: '',
      ANTHROPIC_BASE_URL: '',
      OPENAI_BASE_URL: '',
      NO_COLOR: '',
    },
  },
});
