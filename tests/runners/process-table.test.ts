import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { proportionalBytes, readPageBytes, readProcess } from '../../src/runners/process-table.ts';

const linux = process.platform === 'linux';
const pageBytes = readPageBytes();

test.runIf(linux)('a process that ended after its row was read holds nothing any more', async () => {
  const child = spawn(process.execPath, ['-e', "setInterval(() => {}, 1_000); console.log('up')"]);
  try {
    await once(child.stdout, 'data');
    const row = readProcess(child.pid ?? 0, pageBytes);
    if (row === null) throw new Error('the child is not there');
    expect(row.residentBytes).toBeGreaterThan(1_000_000);
    expect(proportionalBytes(row, pageBytes)).toBeGreaterThan(1_000_000);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(proportionalBytes(row, pageBytes)).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});
