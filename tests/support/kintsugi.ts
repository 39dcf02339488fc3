import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ResultObject } from '../../src/cli/output.ts';
import type { SessionEvent } from '../../src/core/events.ts';
import type { ScriptRule } from '../../src/models/scripted.ts';
import { packageRoot } from '../../src/package-root.ts';

/** The product as people run it: the built bundle in its own process, with a home, a folder and an environment of its own. */

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  pid: number;
  stdout: () => string;
  stderr: () => string;
  /** Settles when the output shows the pattern; fails when the process ends before, or after three minutes. */
  until: (pattern: RegExp | string, stream?: 'stdout' | 'stderr') => Promise<void>;
  type: (text: string) => void;
  endInput: () => void;
  /** Nobody reads standard output any more. */
  closeOutput: () => void;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<Ended>;
}

export interface StartOptions {
  /** Text or bytes for standard input; null leaves it open; absent is an empty one. */
  stdin?: string | Buffer | null;
  env?: Record<string, string>;
  cwd?: string;
}

export interface Place {
  root: string;
  /** KINTSUGI_HOME. */
  home: string;
  /** Where kintsugi is started. */
  cwd: string;
  /** TMPDIR. */
  temporary: string;
  env: Record<string, string>;
  /** Writes a file below `cwd` (or at an absolute path); gives its path. */
  file: (name: string, content: string | Buffer) => string;
  /** Writes a script; gives the value for --model. */
  script: (...rules: Partial<ScriptRule>[]) => string;
  /** Paths of all journals, oldest first. */
  journals: () => string[];
  /** Events of the only journal. */
  events: () => SessionEvent[];
  /** Every file below the root, sorted, relative to it. */
  listing: () => string[];
  /** What was started here. */
  children: Set<ChildProcess>;
  /** Removes the folder. What was started here and still runs is ended first; fails when something is left that nobody here started. */
  remove: () => Promise<void>;
}

let entry = process.env.KINTSUGI_TEST_ENTRY ?? '';

/** The path of the built main.js, built first when it is older than its sources; KINTSUGI_TEST_ENTRY names another one. */
export function builtEntry(): string {
  if (entry !== '') return entry;
  execFileSync(process.execPath, [path.join(packageRoot(), 'src', 'bootstrap.mjs')], { stdio: 'pipe' });
  entry = path.join(packageRoot(), 'dist', 'main.js');
  return entry;
}

export function makePlace(): Place {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'kintsugi-cli-')));
  const folder = (name: string) => {
    const made = path.join(root, name);
    mkdirSync(made);
    return made;
  };
  const [home, cwd, temporary, person] = ['home', 'work', 'tmp', 'person'].map(folder) as [
    string,
    string,
    string,
    string,
  ];
  const logs = path.join(home, 'logs');
  const probes = process.env.KINTSUGI_TEST_PROBES;
  if (probes !== undefined && existsSync(probes)) {
    mkdirSync(logs, { mode: 0o700 });
    copyFileSync(probes, path.join(logs, path.basename(probes)));
    chmodSync(path.join(logs, path.basename(probes)), 0o600);
  }
  const write = (name: string, content: string | Buffer) => {
    const target = path.resolve(cwd, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
    return target;
  };
  const journals = () => {
    try {
      return readdirSync(logs)
        .filter((name) => name.endsWith('.jsonl'))
        .sort()
        .map((name) => path.join(logs, name));
    } catch {
      return [];
    }
  };
  let scripts = 0;
  const children = new Set<ChildProcess>();
  return {
    children,
    ...{ root, home, cwd, temporary, journals, file: write },
    env: {
      PATH: process.env.PATH ?? '',
      HOME: person,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      KINTSUGI_HOME: home,
    },
    script: (...rules) => {
      scripts += 1;
      const lines = rules.map((rule) => `${JSON.stringify(rule)}\n`).join('');
      return `scripted:${write(path.join(root, `script-${scripts}.jsonl`), lines)}`;
    },
    events: () => {
      const [only, ...others] = journals();
      if (only === undefined || others.length > 0) throw new Error(`there are ${others.length + 1} journals`);
      return eventsOf(only);
    },
    listing: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
        .sort(),
    remove: async () => {
      const running = [...children].filter((child) => child.exitCode === null && child.signalCode === null);
      for (const child of running) child.kill('SIGKILL');
      // The test did not wait for their end, so nothing below them could have ended by itself.
      const left = await leftovers(root, running.length > 0);
      rmSync(root, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`processes are left: ${left.join('; ')}`);
    },
  };
}

export function eventsOf(journal: string): SessionEvent[] {
  return jsonLines(readFileSync(journal, 'utf8')) as SessionEvent[];
}

/** Every line as JSON; the text must end in a line break. */
export function jsonLines(text: string): unknown[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`the last line has no end: ${text.slice(-200)}`);
  return lines.map((line) => JSON.parse(line));
}

/** The one object of `--output-format json`. */
export function resultIn(ended: Ended): ResultObject {
  const lines = jsonLines(ended.stdout);
  if (lines.length !== 1) throw new Error(`not one object: ${ended.stdout}\n${ended.stderr}`);
  return lines[0] as ResultObject;
}

/** Processes that were started below `root` and are still there after a minute; none where there is no /proc. `end` kills them meanwhile. */
async function leftovers(root: string, end: boolean): Promise<string[]> {
  for (let left = processesOf(root), tries = 0; ; left = processesOf(root), tries += 1) {
    if (left.length === 0 || tries === 1_200) return left;
    if (end) for (const one of left) kill(Number.parseInt(one, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** `pid command` of every process whose environment, arguments or folder say that it belongs to a place. */
export function processesOf(root: string): string[] {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      return '';
    }
  };
  const folder = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return '';
    }
  };
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return [];
  }
  return names.flatMap((pid) => {
    const command = read(`/proc/${pid}/cmdline`);
    const signs = [command, folder(pid), read(`/proc/${pid}/environ`)];
    const ours = signs.some((sign) => sign.includes(root));
    return ours ? [`${pid} ${command.replaceAll('\0', ' ')}`] : [];
  });
}

/** Starts kintsugi in a place. */
export function start(place: Place, args: readonly string[], options: StartOptions = {}): Running {
  return launch([process.execPath, builtEntry(), ...args], place, options);
}

/** Runs kintsugi in a place to its end. */
export async function kintsugi(
  place: Place,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Ended> {
  return await start(place, args, options).ended;
}

/** Starts any command in a place. */
export function launch(
  [command = '', ...args]: readonly string[],
  place: Place,
  { stdin = '', env = {}, cwd = place.cwd }: StartOptions = {},
): Running {
  const settings: SpawnOptions = { cwd, env: { ...place.env, ...env }, stdio: 'pipe' };
  const child = spawn(command, args, settings);
  place.children.add(child);
  const said = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const watcher of watchers) watcher();
    });
  }
  child.stdin?.on('error', () => {});
  if (stdin !== null) child.stdin?.end(stdin);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    until: (pattern, stream = 'stderr') =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => {
          stop();
          reject(
            new Error(`${why} before ${pattern} was seen in: ${said[stream]}\n${said.stderr.slice(-500)}`),
          );
        };
        const timer = setTimeout(() => fail('three minutes went by'), 180_000);
        const look = () => {
          if (typeof pattern === 'string' ? !said[stream].includes(pattern) : !pattern.test(said[stream]))
            return;
          stop();
          resolve();
        };
        const stop = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        watchers.add(look);
        child.once('close', () => {
          if (watchers.has(look)) fail('the process ended');
        });
        look();
      }),
    type: (text) => child.stdin?.write(text),
    endInput: () => child.stdin?.end(),
    closeOutput: () => child.stdout?.destroy(),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** A plan of one step whose only check is what the program prints. */
export const planToPrint = (stdout: string, language = 'javascript'): Partial<ScriptRule> => ({
  purpose: 'plan',
  reply: {
    approach: 'Print it.',
    language,
    steps: [
      { title: 'Print it', instructions: '', checks: [{ kind: 'output', name: `prints ${stdout}`, stdout }] },
    ],
  },
});

/** A code rule: one file in one block. */
export const codeRule = (
  content: string,
  file = 'main.js',
  more: Partial<ScriptRule> = {},
): Partial<ScriptRule> => {
  const tag =
    { js: 'javascript', ts: 'typescript', py: 'python', sh: 'bash' }[file.split('.').at(-1) ?? ''] ?? '';
  return { purpose: 'code', reply: `\`\`\`${tag} path=${file}\n${content}\n\`\`\`\n`, ...more };
};
