import { readdirSync } from 'node:fs';
import { ulid } from 'ulid';
import { exitCodes, problem } from '../problem.ts';

/** The id of a new session: `--session-id`, or a fresh ULID. Throws a usage error (2) for one that no journal can have, or that one has already. */
export function newSessionId(given: string | null, logs: string): string {
  if (given === null) return ulid().toLowerCase();
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(given)) {
    throw problem(
      exitCodes.usage,
      `--session-id: an id is 1 to 64 letters, digits, - and _, not "${given}".`,
    );
  }
  const taken = namesIn(logs).find((name) => name.endsWith(`Z-${given}.jsonl`));
  if (taken !== undefined) {
    throw problem(
      exitCodes.usage,
      `--session-id: there is a session ${given} already (${taken}). kintsugi resume ${given} goes on with it.`,
    );
  }
  return given;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there yet, or not readable: opening the journal says so.
    return [];
  }
}
