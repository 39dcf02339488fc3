import { realpathSync } from 'node:fs';
import path from 'node:path';
import { composeModel } from '../compose/model.ts';
import type { Config } from '../config.ts';
import type { PermissionMode } from '../core/domain.ts';
import type { EventOf, SessionEvent } from '../core/events.ts';
import type { ModelProvider, ModelRequest } from '../core/seams.ts';
import { exitCodes, isProblem, problem } from '../problem.ts';
import type { RunFlags } from './invocation.ts';

/** What a session that is gone on with, forked or verified takes over from its journal. */

/** The first event of a journal, or an input error (42). */
export function startOf(events: readonly SessionEvent[], file: string): EventOf<'session.started'> {
  const [first] = events;
  if (first?.type !== 'session.started') {
    throw problem(
      exitCodes.unreadable,
      `${file} has no session.started event: there is nothing to go on from.`,
    );
  }
  return first;
}

/**
 * The model that goes on: the one of `--model`, else the last one of the record, whatever the environment and the files of settings name.
 * Throws a Problem as `composeModel` does, with what to do when it is the record's model that is gone.
 */
export async function modelOf(
  config: Config,
  record: { events: readonly SessionEvent[]; started: EventOf<'session.started'> },
  answered: readonly ModelRequest[],
  flags: RunFlags,
): Promise<ModelProvider> {
  const { goal } = record.started.task;
  if (flags.config.model !== undefined) return (await composeModel(config, goal, answered)).model;
  const last = record.events.findLast((event) => event.type === 'session.resumed') ?? record.started;
  try {
    return (await composeModel({ ...config, model: last.model }, goal, answered)).model;
  } catch (error) {
    if (!isProblem(error)) throw error;
    throw problem(
      error.exitCode,
      `${error.message}\nIt is the model of session ${record.started.session}; name another one with --model.`,
    );
  }
}

/** Whether a journal is one of this user's own, and not a file that came from somewhere else. */
export function isOwn(config: Config, file: string): boolean {
  return realOf(path.dirname(file)) === realOf(config.logs);
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

/**
 * The permission mode of a record. Throws a usage Problem for somebody else's record that would run every program unasked, unless this user
 * says so as well.
 */
export function recordedMode(
  config: Config,
  file: string,
  started: EventOf<'session.started'>,
): PermissionMode {
  const { permissionMode } = started.task;
  if (permissionMode !== 'bypassPermissions' || isOwn(config, file)) return permissionMode;
  if (config.permissionMode === 'bypassPermissions') return permissionMode;
  throw problem(
    exitCodes.usage,
    `${file} is none of your own sessions and was recorded with bypassPermissions: its programs would run without a question. Look at them first (kintsugi replay ${file}), then add --yolo.`,
  );
}

/** The record of somebody else without the permissions in it: nobody here gave them. */
export function trusted(config: Config, file: string, events: readonly SessionEvent[]): SessionEvent[] {
  return isOwn(config, file)
    ? [...events]
    : events.filter(
        (event) => event.type !== 'permission.answered' || event.answer === 'deny' || event.answer === null,
      );
}
