import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breaches, brokenAttack, isAtLeast, levels } from './attack.ts';
import { attacks, smoke } from './attacks.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.remove());

const there =
  process.platform === 'linux' && existsSync('/usr/bin/prlimit') && existsSync('/usr/bin/python3');

describe.skipIf(!there)('the best sandbox of this machine (skipped without Linux, prlimit, python3)', () => {
  it('stops a dozen attacks, each of which goes through without it where that can be tried', async () => {
    for (const level of [...levels].reverse()) {
      const answers = await stage.attack({ name: 'root', user: null }, level, smoke);
      if (answers.some(({ kind }) => kind === 'unavailable')) continue;
      const wrong = answers.flatMap((answer) => {
        const attack = attacks.find(({ name }) => answer.kind === 'seen' && name === answer.name);
        if (answer.kind !== 'seen' || !attack) return [`${answer.kind}`];
        const broken = brokenAttack(attack, answer.seen);
        const through = isAtLeast(level, attack.promised) ? breaches(attack, answer.seen, level) : [];
        return [...(broken ? [broken] : []), ...through].map((what) => `${attack.name} at ${level}: ${what}`);
      });
      expect(wrong).toEqual([]);
      return;
    }
    expect.unreachable('not even level L0 is there');
  }, 300_000);
});
