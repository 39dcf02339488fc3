import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { wordsOf } from './guarantees.ts';
import { tasksFor } from './inner-shell.ts';
import type { ConfineRequest, Judged, RawExit, Sandbox } from './sandbox.ts';

export interface ContainerOptions {
  /** Absolute path of docker or podman. */
  file: string;
  /** An image that is there already and has node, python3 and sh on its PATH. */
  image: string;
  /** The user inside: the one who owns the run's folder. */
  user: number;
  group: number;
}

const megabyte = 1024 ** 2;
/** The engine's own: its client ended with one of these because nothing was started. */
const engineFailures = new Map([
  [125, 'the container engine refused'],
  [126, 'the program cannot be executed in the image'],
  [127, 'the program is not in the image'],
]);

/** A container a run, of an engine that the user asked for. */
export function containerSandbox(options: ContainerOptions): Sandbox {
  return {
    level: 'L3',
    guarantees: wordsOf('L3', 'workspace-write'),
    guaranteesFor: (profile) => wordsOf('L3', profile),
    // An idle container outlives a client that is killed.
    ahead: false,
    confine: (request) => {
      const name = `kintsugi-${randomBytes(8).toString('hex')}`;
      return {
        file: options.file,
        args: containerArguments(request, { ...options, name }),
        // The client finds its engine by these; the program gets `--env` only.
        env: engineEnvironment(process.env),
        cwd: '/',
        ownProcesses: 1,
        judge,
        finish: async () => {
          await ask(options.file, ['rm', '--force', name]);
          return null;
        },
      };
    },
  };
}

/** The command line of one run; `request.argv[0]` becomes the program of that name in the image. */
export function containerArguments(
  request: ConfineRequest,
  { image, name, user, group }: ContainerOptions & { name: string },
): string[] {
  const { limits } = request;
  const profile = request.profile ?? 'workspace-write';
  const root = request.root ?? request.cwd;
  const mount = (path: string, writable: boolean): string[] => [
    '--mount',
    `type=bind,${field('source', path)},${field('target', path)}${writable ? '' : ',readonly'}`,
  ];
  const folders = [
    ...(profile === 'none' ? [] : mount(root, profile !== 'workspace-read')),
    ...(profile === 'workspace-read' ? (request.writable ?? []).flatMap((path) => mount(path, true)) : []),
    ...(profile === 'none' ? [] : (request.readOnly ?? []).flatMap((path) => mount(path, false))),
    ...(request.visible ?? []).flatMap((path) => mount(path, false)),
  ];
  const [program, ...rest] = request.argv;
  return [
    ...['run', '--rm', '--interactive', '--init', '--pull', 'never', '--name', name, '--hostname', 'sandbox'],
    ...['--network', profile === 'network' ? 'bridge' : 'none'],
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...['--user', `${user}:${group}`, '--ipc', 'private'],
    ...['--memory', String(limits.totalMemoryBytes), '--memory-swap', String(limits.totalMemoryBytes)],
    ...['--pids-limit', String(tasksFor(limits.processes) + 2)],
    ...['--ulimit', `nofile=${limits.openFiles}`, '--ulimit', 'core=0'],
    ...['--ulimit', `fsize=${limits.fileBytes}`],
    ...['--shm-size', String(Math.min(64 * megabyte, limits.diskBytes))],
    ...['--tmpfs', `/tmp:rw,nosuid,nodev,size=${Math.floor(limits.diskBytes / 4)},mode=1777`],
    ...folders,
    ...Object.entries(request.env)
      .filter(([variable]) => variable !== 'PATH')
      .flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    ...['--workdir', profile === 'none' ? '/tmp' : request.cwd, '--entrypoint', 'sh', image],
    ...['-c', startScript(request), 'sh', basename(program), ...rest],
  ];
}

function startScript({ limits }: ConfineRequest): string {
  return [
    `ulimit -t ${Math.max(1, Math.ceil(limits.cpuMs / 1000))}`,
    `ulimit -d ${Math.ceil(limits.memoryBytes / 1024)} 2>/dev/null`,
    'exec "$@"',
  ].join('\n');
}

function judge({ code, signal, stderr }: RawExit): Judged {
  const failure = code === null ? undefined : engineFailures.get(code);
  if (signal !== null) return { kind: 'sandbox', why: `The container's client was killed by ${signal}.` };
  if (failure === undefined) return { kind: 'program', exitCode: code, signal: null };
  return {
    kind: 'sandbox',
    why: `The sandbox failed: ${failure}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
  };
}

/** A value with a comma would end its field: CSV quotes it. */
function field(key: string, value: string): string {
  const text = `${key}=${value}`;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function engineEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'CONTAINER_HOST'];
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  );
}

/** Whether the engine answers and has the image; null when all is well, else what to do. */
export async function containerProblem(file: string, image: string): Promise<string | null> {
  const version = await ask(file, ['version', '--format', '{{.Server.Version}}']);
  if (version === null)
    return `${basename(file)} is installed but its engine does not answer: start it (systemctl start docker, or podman machine start).`;
  const found = await ask(file, ['image', 'inspect', image]);
  return found === null ? `The image ${image} is not there: ${basename(file)} pull ${image}` : null;
}

function ask(file: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 10_000, killSignal: 'SIGKILL' }, (error, stdout) =>
      resolve(error ? null : stdout),
    );
  });
}
