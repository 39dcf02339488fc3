import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Language, RunResult } from '../../src/core/domain.ts';
import type { Chunk, RunJob, Runner } from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';
import { entryJob, filesOf, never, until } from '../runners/support.ts';

/** The same small programs in each language a runner is tried with. */
export interface ContractPrograms {
  language: Language;
  file: string;
  hello: string;
  /** Throws on line 2, with the message "broken on purpose". */
  fails: string;
  unparsable: string;
  loops: string;
  floods: string;
  hoards: string;
}

/** What every Runner must do, whatever it runs with. `unavailable` is the reason why it cannot be tried here, or null. */
export function runnerContract(
  name: string,
  make: () => Runner,
  programs: ContractPrograms,
  unavailable: string | null = null,
): void {
  const job = (content: string, limits: Partial<RunJob['limits']> = {}) =>
    entryJob(programs.language, filesOf({ [programs.file]: content }), { limits });
  const run = async (content: string, limits: Partial<RunJob['limits']> = {}, signal = never()) => {
    const chunks: Chunk[] = [];
    const result = await drain(make().run(job(content, limits), signal), (chunk) => void chunks.push(chunk));
    const said = (stream: Chunk['stream']) =>
      chunks
        .filter((chunk) => chunk.stream === stream)
        .map((chunk) => chunk.text)
        .join('');
    return { result, stdout: said('stdout'), stderr: said('stderr') };
  };

  describe.skipIf(unavailable !== null)(`${name} runs ${programs.language}`, () => {
    test('a program that ends well: exit code 0, its output, and what guarded it', async () => {
      const { result, stdout } = await run(programs.hello);
      expect(result).toMatchObject({ status: 'exited', exitCode: 0, stdout: 'hello, wörld ✓\n', stderr: '' });
      expect(stdout).toBe(result.stdout);
      expect(result.sandbox.guarantees.length).toBeGreaterThan(0);
      expect(result.truncated).toBe(false);
      expect(result.ms).toBeGreaterThan(0);
    });

    test('an uncaught error: not exit code 0, and a place in the program without a path of this machine', async () => {
      const { result } = await run(programs.fails);
      expect(result).toMatchObject({ status: 'exited', exitCode: 1 });
      expect(result.stderr).toContain('broken on purpose');
      expect(result.stderr).toMatch(new RegExp(`${programs.file.replace('.', '\\.')}(:2\\b|", line 2\\b)`));
      expect(result.stderr).not.toMatch(/kintsugi-[0-9a-f]{12}|\/tmp\//);
    });

    test('a program that does not parse: exit code 1 and a message that names the file', async () => {
      const { result } = await run(programs.unparsable);
      expect(result.status).toBe('exited');
      expect(result).not.toMatchObject({ exitCode: 0 });
      expect(result.stderr).toContain(programs.file);
    });

    test('an endless loop is ended by the clock', async () => {
      const { result } = await run(programs.loops, { wallMs: 700, cpuMs: 60_000 });
      expect(result.status).toBe('timed-out');
      expect(result.ms).toBeLessThan(5_000);
    });

    test('a program that takes all memory is ended for that', async () => {
      const { result } = await run(programs.hoards, { memoryBytes: 128 * 1024 ** 2 });
      expect(result.status).toBe('out-of-memory');
    });

    test('a program that writes without end is ended, and the head and the tail are kept', async () => {
      const { result } = await run(programs.floods, { outputBytes: 100_000, outputKeptBytes: 2_000 });
      expect(result.status).toBe('output-limit');
      expect(result.truncated).toBe(true);
      expect(Buffer.byteLength(result.stdout)).toBeLessThan(2_200);
      expect(result.stdout).toContain('bytes left out');
    });

    test('an abort ends the run as cancelled, and an abort before it begins nothing', async () => {
      const abort = new AbortController();
      const running = run(programs.loops, {}, abort.signal);
      setImmediate(() => abort.abort());
      expect((await running).result.status).toBe('cancelled');
      expect((await run(programs.hello, {}, AbortSignal.abort())).result.status).toBe('cancelled');
    });

    test('a reader that walks away leaves no process behind', async () => {
      const stream = make().run(job(programs.floods), never());
      await stream.next();
      // One that waits for a later run may come afterwards.
      const during = new Set(childrenOf(process.pid));
      expect(during.size).toBeGreaterThan(0);
      await stream.return(undefined as unknown as RunResult);
      await until(() => childrenOf(process.pid).every((pid) => !during.has(pid)), 'the run is gone');
    });

    test('a path that climbs out of the folder is refused', async () => {
      const evil = entryJob(
        programs.language,
        filesOf({ [programs.file]: programs.hello, '../evil.txt': 'x' }),
      );
      const result = await drain(make().run(evil, never()));
      expect(result).toMatchObject({ status: 'refused', why: expect.stringContaining('climbs out') });
    });
  });
}

/** Children that the compiler's service is none of. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(fields[1]) === parent && fields[0] !== 'Z' && !stat.includes('(esbuild)');
      } catch {
        return false;
      }
    });
}
