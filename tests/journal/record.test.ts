import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EventBody, SessionEvent } from '../../src/core/events.ts';
import { drain, type Stream } from '../../src/core/stream.ts';
import { loadJournal } from '../../src/journal/read.ts';
import { record } from '../../src/journal/record.ts';
import { makeRedactor } from '../../src/journal/redact.ts';
import { openJournal } from '../../src/journal/write.ts';
import { begin, newJournal, temporaryFolder } from './places.ts';
import { salt, sampleSession, samples } from './samples.ts';

const out = (text: string): EventBody => ({ type: 'run.delta', stream: 'stdout', text });
const err = (text: string): EventBody => ({ type: 'run.delta', stream: 'stderr', text });
const model = (text: string, call = 1): EventBody => ({ type: 'model.delta', call, text });

async function* session<Result>(bodies: EventBody[], result: Result): Stream<EventBody, Result> {
  yield* bodies;
  return result;
}

const linesOn = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const brief = (event: SessionEvent) =>
  event.type === 'run.delta'
    ? `${event.stream}:${event.text}`
    : event.type === 'model.delta'
      ? `${event.call}:${event.text}`
      : event.type;

describe('recording a session', () => {
  it('has every event on disk when it is passed on, and keeps the result', async () => {
    const journal = newJournal(temporaryFolder());
    const seen: SessionEvent[] = [];
    const result = await drain(record(session(sampleSession, 42), journal), (event) => {
      seen.push(event);
      expect(JSON.parse(linesOn(journal.path).at(-1) ?? '')).toEqual(event);
    });
    expect(result).toBe(42);
    journal.close();
    expect((await loadJournal(journal.path)).events).toEqual(seen);
    expect(seen.map((event) => event.type)).toEqual(sampleSession.map((body) => body.type));
  });

  it('merges deltas of one source up to the next fact, and keeps their order', async () => {
    const journal = newJournal(temporaryFolder());
    const seen: string[] = [];
    const bodies = [
      samples['session.started'],
      model('He'),
      model('llo'),
      model(' you', 1),
      samples['model.replied'],
      model('x', 2),
      samples['model.failed'],
      out('a'),
      out('b\n'),
      out('c\n'),
      err('E1\n'),
      err('E2\n'),
      out('d'),
      samples['run.ended'],
    ];
    await drain(record(session(bodies, null), journal), (event) => {
      seen.push(brief(event));
    });
    const joined = seen.join('|');
    expect(joined).toContain('session.started|1:Hello you|model.replied|2:x|model.failed|');
    expect(joined.replaceAll('|stdout:', '').replaceAll('|stderr:', '')).toMatch(
      /ab\nc\nE1\nE2\ndrun.ended$|ab\nc\nE1\nE2\nd\|run.ended$/,
    );
    expect(seen.length).toBeLessThan(bodies.length);
  });

  it('passes a quick flood on in few deltas and loses nothing of it', async () => {
    const journal = newJournal(temporaryFolder());
    const text: string[] = [];
    const parts = Array.from({ length: 20_000 }, (_, index) => out(`line ${index}\n`));
    const start = performance.now();
    await drain(record(session([samples['session.started'], ...parts], null), journal), (event) => {
      if (event.type === 'run.delta') text.push(event.text);
    });
    const intervals = (performance.now() - start) / 50;
    expect(text.join('')).toBe(parts.map((part) => (part.type === 'run.delta' ? part.text : '')).join(''));
    const characters = text.join('').length;
    expect(text.length).toBeLessThan(intervals + characters / (32 * 1024) + 5);
  });

  it('passes an unfinished line on after a while, before anything else happens', async () => {
    const journal = newJournal(temporaryFolder());
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    async function* waiting(): Stream<EventBody, string> {
      yield samples['session.started'];
      yield out('line\nYour name? ');
      await answered;
      yield samples['run.ended'];
      return 'done';
    }
    const seen: string[] = [];
    const result = await drain(record(waiting(), journal), (event) => {
      seen.push(brief(event));
      if (seen.join('').includes('Your name? ')) answer();
    });
    expect(result).toBe('done');
    expect(seen.join('|')).toMatch(/^session.started\|stdout:line\n(\|stdout:)?Your name\? \|run.ended$/);
  });

  it('takes a secret out that comes in two deltas', async () => {
    const redact = makeRedactor({ env: { A_TOKEN: 'tr0ub4dor&3' }, dotenv: {}, salt });
    const journal = openJournal({
      directory: temporaryFolder(),
      session: 'a',
      at: begin,
      redact,
      sync: false,
    });
    const bodies = [
      samples['session.started'],
      out('it is tr0ub'),
      err('noise\n'),
      out('4dor&3, you see\n'),
      model('tr0u'),
      model('b4dor&3'),
      samples['run.ended'],
    ];
    const seen: string[] = [];
    await drain(record(session(bodies, null), journal), (event) => {
      seen.push(brief(event));
    });
    journal.close();
    const onDisk = readFileSync(journal.path, 'utf8');
    expect(seen.join('')).toMatch(/it is <secret:env:\w{8}>, you see/);
    expect(seen.join('')).not.toMatch(/tr0u|4dor/);
    expect(onDisk).not.toMatch(/tr0u|4dor/);
  });

  it('passes what was pending on when the session fails, then the failure', async () => {
    const journal = newJournal(temporaryFolder());
    async function* failing(): Stream<EventBody, null> {
      yield samples['session.started'];
      yield out('half a li');
      throw new Error('a bug');
    }
    const seen: string[] = [];
    const recorded = drain(record(failing(), journal), (event) => {
      seen.push(brief(event));
    });
    await expect(recorded).rejects.toThrow('a bug');
    expect(seen).toEqual(['session.started', 'stdout:half a li']);
  });

  it('closes the session when the reader leaves', async () => {
    const journal = newJournal(temporaryFolder());
    let closed = false;
    async function* endless(): Stream<EventBody, null> {
      try {
        yield samples['session.started'];
        for (;;) yield samples['step.started'];
      } finally {
        closed = true;
      }
    }
    for await (const event of record(endless(), journal)) if (event.seq === 3) break;
    expect(closed).toBe(true);
    expect(linesOn(journal.path)).toHaveLength(3);
  });

  it('tells the session to stop when the reader leaves during a long wait', async () => {
    const journal = newJournal(temporaryFolder());
    const abort = new AbortController();
    let closed = false;
    async function* long(): Stream<EventBody, null> {
      try {
        yield samples['session.started'];
        yield out('working ');
        await new Promise((_, reject) => {
          abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true });
        });
        return null;
      } finally {
        closed = true;
      }
    }
    const recorded = record(long(), journal, { abandoned: () => abort.abort() });
    for await (const event of recorded) if (event.type === 'run.delta') break;
    expect(closed).toBe(true);
  });

  it('closes the session and says why when an event cannot be written', async () => {
    const journal = newJournal(temporaryFolder());
    let closed = false;
    async function* broken(): Stream<EventBody, null> {
      try {
        yield samples['session.started'];
        yield { ...samples['model.retried'], waitMs: Number.POSITIVE_INFINITY };
        return null;
      } finally {
        closed = true;
      }
    }
    await expect(drain(record(broken(), journal))).rejects.toThrow('waitMs is Infinity');
    expect(closed).toBe(true);
    expect(linesOn(journal.path)).toHaveLength(1);
  });
});
