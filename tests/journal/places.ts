import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { EventBody } from '../../src/core/events.ts';
import { type Journal, openJournal } from '../../src/journal/write.ts';
import { redactNothing, samples } from './samples.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const begin = new Date('2026-11-21T07:31:47.250Z');

/** A new journal in a folder, closed after the test. */
export function newJournal(directory: string, more: { session?: string; at?: Date } = {}): Journal {
  const session = more.session ?? samples['session.started'].session;
  const at = more.at ?? begin;
  const journal = openJournal({ directory, session, at, redact: redactNothing, sync: false, now: () => at });
  onTestFinished(() => journal.close());
  return journal;
}

/** Writes a whole journal and returns its path. */
export function written(
  directory: string,
  bodies: EventBody[],
  more: { session?: string; at?: Date } = {},
): string {
  const journal = newJournal(directory, more);
  for (const body of bodies) {
    journal.write(body.type === 'session.started' ? { ...body, session: journal.session } : body);
  }
  journal.close();
  return journal.path;
}

/** Bundles a TypeScript program of this folder so that plain node can run it; returns its path. */
export function bundled(folder: string, name: string): string {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'programs', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}

/** The first failure of something that must fail. */
export function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
