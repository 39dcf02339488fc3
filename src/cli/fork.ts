import { composeToolkit, openWorkbench } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Task } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import { runSession } from '../core/loop.ts';
import { along, reenact } from '../core/reenact.ts';
import { answeredRequests, beforeStop, factsOf, standing } from '../core/standing.ts';
import { openJournal } from '../journal/write.ts';
import { conduct } from './conduct.ts';
import { checkOut, deliverTo } from './delivery.ts';
import type { RunFlags } from './invocation.ts';
import { modelOf, recordedMode, startOf, trusted } from './recorded.ts';
import { newSessionId } from './session-id.ts';
import type { OpenStage } from './stage.ts';

export interface Fork {
  file: string;
  events: readonly SessionEvent[];
  /** The last event that is taken over. */
  from: number;
  flags: RunFlags;
  /** What the fork does otherwise than the record, beside its model, budgets and permissions. */
  changes?: { goal?: string; memory?: boolean };
}

/**
 * A new session that is the same up to event `from` and goes on live from there, with another model, budgets or permissions if asked. Where
 * these make the loop go another way before that, it is live from there and says so. Its program is delivered anew.
 */
export async function forkSession(config: Config, fork: Fork, openStage: OpenStage): Promise<number> {
  const { flags, from, file } = fork;
  checkOut(flags.out);
  const started = startOf(fork.events, file);
  const before = (beforeStop(fork.events) ?? standing(fork.events)).filter((event) => event.seq <= from);
  // The delivery is a fact of both sessions, but the old one's is no answer for the new one.
  const answers = before.filter((event) => event.type !== 'program.delivered');
  const task = { ...changed(started.task, config, flags), goal: fork.changes?.goal ?? started.task.goal };
  const asked = flags.config.yolo === true || flags.config.permissionMode !== undefined;
  const permissionMode = asked ? config.permissionMode : recordedMode(config, file, started);
  const workbench = await openWorkbench(config);
  const model = await modelOf(config, { events: fork.events, started }, answeredRequests(before), flags);
  const journal = openJournal({
    directory: config.logs,
    session: newSessionId(flags.sessionId, config.logs),
    at: new Date(),
    redact: workbench.redactor,
  });
  const { interrupts, surface, approve } = openStage(task.budgets.wallMs);
  try {
    const memory = fork.changes?.memory ?? started.memory;
    const live = await composeToolkit({ ...config, permissionMode }, workbench, {
      model,
      ...(memory ? { memory: (await workbench.memory()).store } : {}),
      deliver: deliverTo(flags.out, flags.force),
      approve,
    });
    const start = {
      session: journal.session,
      version: config.version,
      memory,
      sandbox: workbench.confinement,
      forkedFrom: { session: started.session, seq: from },
    };
    const { toolkit, forget } = reenact(trusted(config, file, answers), live);
    const stream = along(
      runSession(start, { ...task, permissionMode }, toolkit, interrupts.signal),
      factsOf(before),
      ({ seq, type }) => {
        forget();
        surface.note(`goes another way than the record at event ${seq} (${type}), and is live from there`);
      },
    );
    const { state, result } = await conduct(stream, journal, surface.show, {
      abandoned: () => interrupts.cancel('The journal cannot be written.'),
    });
    return surface.end(state, result, journal.path);
  } finally {
    surface.close();
    interrupts.dispose();
    await workbench.close();
    journal.close();
  }
}

/** The recorded task with the budgets that were given as flags. */
function changed(task: Task, config: Config, { config: given }: RunFlags): Task {
  const { budgets } = config;
  return {
    ...task,
    budgets: {
      attempts: given.maxAttempts === undefined ? task.budgets.attempts : budgets.attempts,
      tokens: given.maxTokens === undefined ? task.budgets.tokens : budgets.tokens,
      usd: given.maxBudgetUsd === undefined ? task.budgets.usd : budgets.usd,
      wallMs: given.timeout === undefined ? task.budgets.wallMs : budgets.wallMs,
    },
  };
}
