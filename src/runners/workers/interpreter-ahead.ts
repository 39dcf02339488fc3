import { basename, dirname, posix } from 'node:path';
import type { RunJob } from '../../core/seams.ts';
import { assetPath } from '../asset.ts';
import { type Command, commandsOf } from '../commands.ts';
import { type ExecuteNeeds, requestOf } from '../execute.ts';
import { unsafePath } from '../safe-path.ts';
import { languageOf } from '../testing/framework.ts';
import { type Stage, stagesOf } from '../testing/stages.ts';
import { openWorkspace } from '../workspace.ts';
import { type Ahead, type Standby, startedAhead } from './ahead.ts';
import { startIn } from './worker.ts';

/** Interpreters that wait for the program of the next job: everything of a start is done by then that does not read the program. */
export function interpretersAhead(needs: ExecuteNeeds): Ahead {
  const none = needs.sandbox.ahead === false || process.platform === 'win32';
  return startedAhead(none ? () => null : kindOf, (job) => startFor(job, needs));
}

/** All that a process is started with but the program's files; null where what is started depends on those. */
function kindOf(job: RunJob): string | null {
  if (!fits(job)) return null;
  if (job.files.some((file) => unsafePath(file.path) !== null)) return null;
  return JSON.stringify({ ...job, files: [] });
}

function fits(job: RunJob): boolean {
  const { action } = job;
  switch (action.kind) {
    case 'entry':
      return startsAhead(action.entry, job);
    case 'tests': {
      const [first] = action.files;
      return (
        first !== undefined && startsAhead(first, job) && job.checkFiles.some((file) => file.path === first)
      );
    }
    case 'command': {
      const [stage] = stagesOf(action.command) ?? [];
      return stage !== undefined && stageFits(stage, job);
    }
  }
}

/** A compiled source is made of the program. */
function startsAhead(path: string, job: RunJob): boolean {
  return languageOf(path, job.language) !== 'typescript';
}

function stageFits({ interpreter, words, main }: Stage, job: RunJob): boolean {
  // These leave out what has a Python wait.
  if (interpreter === 'python3' && words.some((word) => /^-[IES]$/.test(word))) return false;
  if (main.kind !== 'module') return true;
  // A module of the program owes no proof, one of the machine does.
  const first = main.name.split('.')[0] ?? '';
  return !job.files.some((file) => posix.normalize(file.path).split('/')[0]?.split('.')[0] === first);
}

async function startFor(job: RunJob, needs: ExecuteNeeds): Promise<Standby | null> {
  const opened = openWorkspace([], job.checkFiles);
  if (opened.kind !== 'opened') return null;
  const { workspace } = opened;
  try {
    const { all } = await commandsOf(job, workspace, needs.interpreters, needs.guard);
    const prepared = await all[0]?.();
    const waiting = prepared?.kind === 'ready' ? waitingCommand(prepared.command) : null;
    if (prepared?.kind === 'ready' && waiting !== null) {
      const { command } = prepared;
      const request = requestOf(waiting, job, workspace);
      const worker = await startIn(workspace, needs.sandbox, request, 'kept');
      if (typeof worker === 'string') return null;
      return {
        opened,
        prepared,
        isIdle: worker.isIdle,
        dispatch: (limits, signal, onBytes) =>
          worker.dispatch({ stdin: wordFor(command), limits, signal, onBytes, waited: true }),
        dispose: worker.dispose,
      };
    }
  } catch {
    // The job itself will say what is wrong here.
  }
  workspace.remove();
  return null;
}

/** Becomes the shell in its arguments, in the very process that waited. */
const shellWait =
  'read -r kintsugi_word || exit 1; [ "$kintsugi_word" = 1 ] || exec </dev/null; unset kintsugi_word; exec "$@"';

/** The guard of a process that owes a proof waits for its nonce; any other process is made to wait for a word. Null where nothing can. */
function waitingCommand(command: Command): Command | null {
  if (command.proof !== null) return command;
  const [file, ...rest] = command.argv;
  if (file === process.execPath) {
    const given = command.env.NODE_OPTIONS ?? '';
    // Not an argument of its own: a thread is told those of its process.
    const options = `${given} --require ${JSON.stringify(assetPath('node-wait.cjs'))}`.trim();
    return { ...command, env: { ...command.env, NODE_OPTIONS: options, KINTSUGI_WAIT: given } };
  }
  if (/^(\/usr)?\/bin\/(ba)?sh$/.test(file)) {
    return { ...command, argv: ['/bin/sh', '-c', shellWait, 'sh', file, ...rest] };
  }
  if (!/^python/.test(basename(file))) return null;
  const folder = dirname(assetPath('python-wait/sitecustomize.py'));
  return { ...command, env: { ...command.env, PYTHONPATH: folder } };
}

function wordFor({ proof, stdin }: Command): string | null {
  if (proof !== null) return stdin;
  return stdin === null ? '0\n' : `1\n${stdin}`;
}
