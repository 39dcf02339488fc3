import { writeSync } from 'node:fs';
import { appendJournal } from '../../../src/journal/append.ts';
import { isJournalError } from '../../../src/journal/error.ts';
import { type Journal, openJournal } from '../../../src/journal/write.ts';
import { redactNothing, samples } from '../samples.ts';

/**
 * Writes events in a loop and says each one's `seq` on stdout once it may be shown. `open FOLDER BYTES` or `append FILE BYTES`;
 * BYTES is the length of each event's text. A failure is one line `failed KIND MESSAGE`, and then a small last event is tried.
 */
const [how = '', where = '', size = '100'] = process.argv.slice(2);
const text = 'ü'.repeat(Number(size) / 2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function journalOf(): Promise<Journal> {
  if (how === 'append') return (await appendJournal(where, { redact: redactNothing })).journal;
  return openJournal({
    directory: where,
    session: `writer-${process.pid}`,
    at: new Date(),
    redact: redactNothing,
  });
}

try {
  const journal = await journalOf();
  say(`path ${journal.path}`);
  if (journal.lastSeq() === 0) journal.write(samples['session.started']);
  say(String(journal.lastSeq()));
  try {
    for (;;) say(String(journal.write({ type: 'step.started', step: 1, title: text }).seq));
  } catch (error) {
    if (!isJournalError(error)) throw error;
    say(`failed ${error.kind} ${error.message}`);
    say(String(journal.write({ type: 'step.ended', step: 1, passed: false }).seq));
    journal.close();
    say('closed');
  }
} catch (error) {
  say(
    `failed ${isJournalError(error) ? error.kind : 'bug'} ${error instanceof Error ? error.message : error}`,
  );
}
