import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { fixture, inFolder, isAlive, until } from './support.ts';

const source = path.resolve(import.meta.dirname, '../../src');

/** A program of its own that runs a program, bundled with its assets beside it as the build does it. */
async function bundledParent(folder: string, program: string): Promise<string> {
  const file = path.join(folder, 'dist', 'runners', 'parent.mjs');
  mkdirSync(path.dirname(file), { recursive: true });
  cpSync(path.join(source, 'runners', 'assets'), path.join(folder, 'dist', 'runners', 'assets'), {
    recursive: true,
  });
  const files = JSON.stringify([{ path: 'a.py', content: program }]);
  await build({
    stdin: {
      resolveDir: path.join(source, 'runners'),
      loader: 'ts',
      contents: `
        import { subprocessRunner } from './subprocess.ts';
        import { programLimits } from './limits.ts';
        const action = { kind: 'entry', entry: 'a.py', args: [${JSON.stringify(folder)}], stdin: '' } as const;
        const job = { language: 'python', files: ${files}, checkFiles: [], action, capabilities: [], limits: programLimits } as const;
        for await (const chunk of subprocessRunner().run(job as never, new AbortController().signal)) process.stdout.write(chunk.text);
      `,
    },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  return file;
}

test.runIf(process.platform === 'linux')(
  'when the process that runs a program is killed with SIGKILL, the program and its daemons die too, and its folder goes',
  async () => {
    await inFolder(async (folder) => {
      const program = [
        fixture('quiet_daemon.py').content.replaceAll('"daemon.pid"', "f'{sys.argv[1]}/daemon.pid'"),
        "open(f'{sys.argv[1]}/main.pid', 'w').write(str(os.getpid()))",
        "print('ready', flush=True)",
        'time.sleep(60)',
      ].join('\n');
      const parent = spawn(process.execPath, [await bundledParent(folder, `import sys\n${program}`)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const pidIn = (name: string) => {
          const file = path.join(folder, name);
          return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
        };
        await until(() => pidIn('main.pid') > 0 && pidIn('daemon.pid') > 0, 'the program runs');
        expect(isAlive(pidIn('main.pid')) && isAlive(pidIn('daemon.pid'))).toBe(true);
        const workspace = readlinkSync(`/proc/${pidIn('main.pid')}/cwd`);
        expect(existsSync(workspace)).toBe(true);
        parent.kill('SIGKILL');
        await until(() => !isAlive(pidIn('main.pid')), 'the program is dead');
        await until(() => !isAlive(pidIn('daemon.pid')), 'its daemon is dead');
        await until(() => !existsSync(workspace), 'its folder is gone');
      } finally {
        parent.kill('SIGKILL');
      }
    });
  },
);
