import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtEntry, makePlace, type Place } from '../support/kintsugi.ts';

const full = '/dev/full';
let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => await place.remove());

describe.skipIf(!existsSync(full))('standard output on a full disk', () => {
  it('is never exit code 0: what was asked for was not written', () => {
    const entry = builtEntry();
    const output = openSync(full, 'w');
    try {
      const ended = spawnSync(process.execPath, [entry, 'scan', '--bare', entry], {
        stdio: ['ignore', output, 'pipe'],
        encoding: 'utf8',
        env: { PATH: process.env.PATH, KINTSUGI_HOME: place.home },
      });
      expect(ended.stderr).toContain('Standard output cannot be written: ENOSPC');
      expect(ended.status).toBe(1);
    } finally {
      closeSync(output);
    }
  });
});
