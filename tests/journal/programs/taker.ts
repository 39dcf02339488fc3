import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { isJournalError } from '../../../src/journal/error.ts';
import { lockJournal, lockPathOf } from '../../../src/journal/lock.ts';

/** `FILE ROUNDS`: takes the lock of FILE that often, each time making sure that nobody else has it, and leaves it as a killed process would. Prints how often two had it. */
const [file = '', rounds = '0'] = process.argv.slice(2);
const inside = `${file}.inside`;
let taken = 0;
let together = 0;
const until = Date.now() + 8_000;

while (taken < Number(rounds) && Date.now() < until) {
  try {
    const lock = lockJournal(file);
    taken += 1;
    try {
      closeSync(openSync(inside, 'wx'));
    } catch {
      together += 1;
    }
    const start = performance.now();
    while (performance.now() - start < 1) readFileSync(lockPathOf(file));
    rmSync(inside, { force: true });
    const owner = JSON.parse(readFileSync(lockPathOf(file), 'utf8')) as object;
    const dead = { ...owner, pid: 2 ** 30, nonce: Math.random().toString(16).slice(2, 18).padEnd(16, '0') };
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(dead));
    renameSync(`${file}.${process.pid}`, lockPathOf(file));
    lock.release();
  } catch (error) {
    if (!isJournalError(error) || error.kind !== 'locked') throw error;
  }
}
writeSync(1, `${taken} ${together}\n`);
