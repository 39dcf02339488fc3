import type { RunLimits } from '../core/domain.ts';

const megabyte = 1024 * 1024;

/** Bounds of a program the model wrote, and of the checks run on it. */
export const programLimits: RunLimits = {
  wallMs: 10_000,
  cpuMs: 10_000,
  memoryBytes: 512 * megabyte,
  totalMemoryBytes: 768 * megabyte,
  processes: 64,
  openFiles: 256,
  fileBytes: 32 * megabyte,
  diskBytes: 256 * megabyte,
  outputKeptBytes: 64 * 1024,
  outputBytes: megabyte,
};
