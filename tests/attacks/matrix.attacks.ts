import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxLevel } from '../../src/core/domain.ts';
import { ordinaryUser, type Person } from '../runners/sandbox/support.ts';
import { breaches, brokenAttack, isAtLeast, levels } from './attack.ts';
import { attacks } from './attacks.ts';
import { openStage, type Stage } from './stage.ts';
import { type Cell, columnOf, type Matrix, matrixText, parseMatrix, type Rung } from './table.ts';

const file = path.resolve(import.meta.dirname, '../../docs/attack-matrix.md');
const here = process.getuid?.() === 0 ? 'root' : 'user';
const matrix: Matrix = new Map();
const missing: string[] = [];
let stage: Stage;
let person: Awaited<ReturnType<typeof ordinaryUser>>;

beforeAll(async () => {
  [stage, person] = await Promise.all([openStage(), ordinaryUser()]);
});
afterAll(async () => {
  stage?.remove();
  if (person?.user !== null) await person?.remove();
});

const rungs: Rung[] = (here === 'root' ? (['root', 'user'] as const) : (['user'] as const)).flatMap((who) =>
  [...levels].reverse().map((level) => ({ who, level })),
);

function note(row: string, rung: Rung, cell: Cell): void {
  const cells = matrix.get(row) ?? new Map<string, Cell>();
  cells.set(columnOf(rung), cell);
  matrix.set(row, cells);
}

function personOf(who: Rung['who']): Person {
  return who === here ? { name: 'root', user: null } : { name: 'an ordinary user', user: person.user };
}

describe.skipIf(process.platform !== 'linux')('attacks (skipped where this is not Linux)', () => {
  it.each(rungs)(
    'come to nothing where that is promised: $who at $level',
    async ({ who, level }) => {
      if (who !== here && person.user === null) {
        missing.push(`${who}: ${person.why}`);
        return;
      }
      const answers = await stage.attack(personOf(who), level);
      const wrong: string[] = [];
      for (const answer of answers) {
        if (answer.kind === 'unavailable') {
          missing.push(`${who} ${level}: ${answer.why.replace(/\/[\w./-]*\w/g, '…')}`);
          expect(level, answer.why).not.toBe('L0');
          return;
        }
        if (answer.kind === 'agent killed') {
          if (answer.left !== 0) wrong.push(`agent killed: ${answer.left} processes are left`);
          note('13 agent killed, with daemons', { who, level }, answer.left === 0 ? 'stopped' : 'open');
          continue;
        }
        const attack = attacks.find(({ name }) => name === answer.name);
        if (!attack) throw new Error(`${answer.name} is no attack`);
        const broken = brokenAttack(attack, answer.seen);
        if (broken !== null) wrong.push(`${attack.name} is no attack: ${broken}`);
        const through = breaches(attack, answer.seen, level);
        const promised = isAtLeast(level, attack.promised);
        if (promised && through.length > 0) wrong.push(`${attack.name}: ${through.join('; ')}`);
        const control = level === 'L0' && attack.control === true;
        if (control && through.length === 0)
          wrong.push(`${attack.name} goes through nowhere: it shows nothing`);
        const cell = promised
          ? through.length === 0
            ? 'stopped'
            : 'open'
          : control
            ? 'open'
            : 'not promised';
        note(`${attack.group} ${attack.name}`, { who, level }, cell);
      }
      for (const { group, name, tried } of attacks)
        if (!isAtLeast(level, (tried ?? 'L0') satisfies SandboxLevel))
          note(`${group} ${name}`, { who, level }, 'not tried');
      expect(wrong).toEqual([]);
    },
    300_000,
  );

  it('are printed as the matrix in the documentation', () => {
    const order = (row: string): number => Number(row.split(' ')[0]);
    const sorted: Matrix = new Map([...matrix].sort(([one], [other]) => order(one) - order(other)));
    const text = matrixText(sorted, missing);
    process.stdout.write(`\n${text}\n`);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text);
    const printed = parseMatrix(existsSync(file) ? readFileSync(file, 'utf8') : '');
    expect([...printed.keys()], 'UPDATE_DOCS=1 writes it').toEqual([...sorted.keys()]);
    for (const [row, cells] of sorted)
      for (const [column, cell] of cells)
        if (printed.get(row)?.has(column))
          expect([row, column, printed.get(row)?.get(column)]).toEqual([row, column, cell]);
  });
});
