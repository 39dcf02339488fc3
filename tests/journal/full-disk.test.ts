import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadJournal } from '../../src/journal/read.ts';
import { bundled, temporaryFolder } from './places.ts';

/** A shell in which a tmpfs of 64 KiB can be mounted for itself alone. */
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', [
    '-m',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount -t tmpfs -o size=64k none /mnt && umount /mnt',
  ]).status === 0;
const canLimit = spawnSync('bash', ['-c', 'ulimit -f 64']).status === 0;

interface Report {
  path: string;
  failure: string;
  shown: number;
  last: string | undefined;
}

function reportOf(stdout: string): Report {
  const lines = stdout.trimEnd().split('\n');
  const failed = lines.findIndex((line) => line.startsWith('failed'));
  return {
    path: (lines[0] ?? '').replace('path ', ''),
    failure: lines[failed] ?? '',
    shown: Number(lines[failed - 1]),
    last: lines.at(-1),
  };
}

describe('a journal on a disk that is full', { timeout: 30_000 }, () => {
  it.skipIf(!canLimit)(
    'keeps whole lines at a file size limit, says what to do, and takes a smaller event after (needs ulimit -f)',
    async () => {
      const folder = temporaryFolder();
      const program = bundled(folder, 'writer');
      const { stdout } = spawnSync(
        'bash',
        ['-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, program, 'open', folder, '3000'],
        {
          encoding: 'utf8',
        },
      );
      const report = reportOf(stdout);
      expect(report.failure).toMatch(
        /^failed full cannot write the journal .*\.jsonl: the file size limit is reached/,
      );
      expect(report.last).toBe('closed');
      const { lastSeq, tornBytes } = await loadJournal(report.path);
      expect(report.shown).toBeGreaterThan(5);
      expect(lastSeq).toBe(report.shown + 1);
      expect(tornBytes).toBe(0);
    },
  );

  it.skipIf(!canMount)(
    'keeps whole lines when no space is left, says what to do, and takes a smaller event after (needs the right to mount)',
    async () => {
      const folder = temporaryFolder();
      const program = bundled(folder, 'writer');
      const script =
        'mount -t tmpfs -o size=64k none "$1" && "$2" "$3" open "$1/logs" 3000; cat "$1"/logs/*.jsonl > "$4"; umount "$1"';
      const disk = temporaryFolder();
      const copy = `${folder}/copy.jsonl`;
      const { stdout } = spawnSync(
        'unshare',
        ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', disk, process.execPath, program, copy],
        { encoding: 'utf8' },
      );
      const report = reportOf(stdout);
      expect(report.failure).toMatch(
        /^failed full cannot write the journal .*\.jsonl: the disk is full; free some space/,
      );
      expect(readFileSync(copy).length).toBeGreaterThan(30_000);
      const { lastSeq, tornBytes } = await loadJournal(copy);
      expect(report.shown).toBeGreaterThan(5);
      expect(lastSeq).toBeGreaterThanOrEqual(report.shown);
      expect(lastSeq).toBe(report.last === 'closed' ? report.shown + 1 : report.shown);
      expect(tornBytes).toBe(0);
    },
  );
});
