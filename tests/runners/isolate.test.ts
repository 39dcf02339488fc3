import { afterAll, describe, expect, test } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { isolateRunner } from '../../src/runners/isolate.ts';
import { isolateAvailable } from '../../src/runners/isolate-process.ts';
import { subprocessRunner } from '../../src/runners/subprocess.ts';
import { runnerContract } from '../contracts/runner.ts';
import { type EntryOptions, entryJob, filesOf, never } from './support.ts';

const runner = isolateRunner();
const probe = await isolateAvailable();
const unavailable =
  probe.available && probe.engine === 'isolated-vm' ? null : (probe.why ?? 'isolated-vm does not load');

runnerContract(
  'isolate',
  () => runner,
  {
    language: 'javascript',
    file: 'main.js',
    hello: "console.log('hello, %s ✓', 'wörld');",
    fails: "// a comment\nthrow new Error('broken on purpose');",
    unparsable: 'let = = ;',
    loops: 'for (;;);',
    floods: "for (;;) console.log('flood');",
    hoards: 'const held = []; for (;;) held.push(new Array(10_000).fill(Math.random()));',
  },
  unavailable,
);
runnerContract(
  'isolate',
  () => runner,
  {
    language: 'typescript',
    file: 'main.ts',
    hello: "enum Word { hello = 'hello, wörld ✓' }\nconsole.log(Word.hello as string);",
    fails: "const value: number = 1;\nthrow new Error('broken on purpose' + value);",
    unparsable: 'const x: = ;',
    loops: 'Promise.resolve().then(() => { for (;;); });',
    floods: "for (;;) console.error('flood'), console.log('flood');",
    hoards: 'const held: unknown[] = []; for (;;) held.push(new Uint8Array(1 << 20).fill(1));',
  },
  unavailable,
);

afterAll(async () => {
  await runner.close();
});

async function run(contents: Record<string, string>, options: EntryOptions = {}) {
  const language = Object.keys(contents)[0]?.endsWith('.ts') ? 'typescript' : 'javascript';
  return drain(runner.run(entryJob(language, filesOf(contents), options), never()));
}

describe('what the isolate takes', () => {
  test.skipIf(unavailable !== null)(
    'is pure JavaScript and TypeScript without arguments, input or capabilities',
    () => {
      const files = filesOf({ 'a.js': '' });
      expect(runner.accepts(entryJob('javascript', files))).toBe(true);
      expect(runner.accepts(entryJob('typescript', files))).toBe(true);
      expect(runner.accepts(entryJob('python', files))).toBe(false);
      expect(runner.accepts(entryJob('javascript', files, { args: ['x'] }))).toBe(false);
      expect(runner.accepts(entryJob('javascript', files, { stdin: 'x' }))).toBe(false);
      expect(runner.accepts(entryJob('javascript', files, { capabilities: ['module.builtin'] }))).toBe(false);
      expect(
        runner.accepts({ ...entryJob('javascript', files), action: { kind: 'command', command: 'true' } }),
      ).toBe(false);
    },
  );
});

describe.skipIf(unavailable !== null)('a program in the isolate', () => {
  test('prints values as Node does', async () => {
    const source = `
      console.log({ a: [1, { b: { c: {} } }], s: 'text' }, [1.5, -0, 10n], 'plain', null, undefined, Symbol('x'));
      console.log(new Map([['k', new Set([1])]]), new Date(0), /x/g, class A {}, () => {}, new Uint8Array(2));
      console.log('%d of %i, %s, %j, %%', 1.5, 2.7, 'x', { y: 1 });
      console.group('group'); console.log('inside\\nlines'); console.groupEnd(); console.log([..."ab"].entries());
      console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]); console.assert(false, 'said'); console.count(); console.count();
    `;
    const isolated = await run({ 'a.js': source });
    const plain = await drain(
      subprocessRunner().run(entryJob('javascript', filesOf({ 'a.js': source })), never()),
    );
    expect(isolated.stdout).toBe(plain.stdout);
    expect(isolated.stderr).toBe(plain.stderr);
    expect(isolated).toMatchObject({ exitCode: 0 });
  });

  test('has timers in order, with microtasks between them', async () => {
    const source = `
      setTimeout((...words) => console.log(...words), 30, 'third', 3);
      const second = setTimeout(() => { console.log('second'); Promise.resolve().then(() => console.log('micro')); }, 10);
      const never = setTimeout(() => console.log('never'), 5); clearTimeout(never);
      let ticks = 0; const every = setInterval(() => { ticks += 1; if (ticks === 2) { clearInterval(every); console.log('ticked'); } }, 45);
      setTimeout(() => console.log('not waited for'), 60_000).unref();
      queueMicrotask(() => console.log('first')); console.log('now', typeof second.ref);
    `;
    const result = await run({ 'a.js': source });
    expect(result.stdout).toBe('now function\nfirst\nsecond\nmicro\nthird 3\nticked\n');
    expect(result).toMatchObject({ exitCode: 0 });
  });

  test('ends with exit code 1 for errors that come late, with their place in the source', async () => {
    const rejected = await run({
      'a.ts':
        'async function main(): Promise<void> {\n  await null;\n  throw new TypeError("late");\n}\nmain();',
    });
    expect(rejected).toMatchObject({ status: 'exited', exitCode: 1 });
    expect(rejected.stderr).toContain('TypeError: late\n    at main (a.ts:3:9)');
    const timer = await run({
      'a.js': 'setTimeout(() => {\n  null.x;\n}, 1);\nsetTimeout(() => console.log("never"), 50);',
    });
    expect(timer).toMatchObject({ exitCode: 1, stdout: '' });
    expect(timer.stderr).toMatch(/^a\.js:2\n {2}null\.x;\n/);
    const handled = await run({
      'a.js': 'const p = Promise.reject(new Error("x"));\np.catch(() => console.log("caught"));',
    });
    expect(handled).toMatchObject({ exitCode: 0, stdout: 'caught\n' });
  });

  test('shows an uncaught error with its own fields and nothing of what runs it', async () => {
    const source =
      'class Mine extends Error { code = 7 }\nfunction fail() { throw new Mine("m", { cause: "why" }); }\nfail();';
    const { stderr } = await run({ 'a.js': source });
    expect(stderr).toMatch(/^Mine( \[Error\])?: m$/m);
    expect(stderr).toContain('code: 7');
    expect(stderr).toContain("[cause]: 'why'");
    expect(stderr).toMatch(/at fail \(a\.js:2:25\)/);
    expect(stderr).not.toMatch(/kintsugi|compiled|isolate|boundary/i);
  });

  test('may await at the top, import its own files, and ask whether it is the main one', async () => {
    const result = await run({
      'app/main.ts':
        "import { later } from './lib';\nexport const value = await later();\nconsole.log(value, import.meta.url);",
      'app/lib/index.ts': 'export async function later(): Promise<string> { return import.meta.dirname; }',
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'app/lib app/main.ts\n' });
    const common = await run({
      'a.js': "const { b } = require('./b');\nif (require.main === module) console.log('main', b);",
      'b.js': "if (require.main === module) console.log('wrong');\nexports.b = 2;",
    });
    expect(common.stdout).toBe('main 2\n');
  });

  test('reaches no process, no module and no file, by whatever way', async () => {
    const source = `
      const ways = [
        () => process, () => this.constructor.constructor('return process')(),
        () => console.log.constructor('return process')(), () => setTimeout.constructor('return process')(),
        () => (async () => {}).constructor('return process')(), () => globalThis.__kintsugi_host.write.constructor('return process')(),
        () => eval('pro' + 'cess'), () => { try { null.f(); } catch (e) { return e.constructor.constructor('return process')(); } },
        () => __kintsugi.main.constructor('return process')(), () => WebAssembly && fetch, () => Buffer,
      ];
      const tryAll = async () => {
        for (const way of ways) try { console.log('reached', typeof await way()); } catch (error) { console.log(error.name); }
      };
      tryAll();
      const name = 'f' + 's'; try { require(name); } catch (error) { console.log(error.code); }
      import(name).catch((error) => console.log('no import'));
    `;
    const result = await run({ 'a.js': source });
    expect(result.stdout).not.toContain('reached');
    expect(result.stdout).toContain('MODULE_NOT_FOUND');
  });

  test('cannot forge how it ended by what it prints', async () => {
    const result = await run({
      'a.js': `console.log(JSON.stringify({ end: 'exited', exitCode: 0 }));\nthrow new Error('x');`,
    });
    expect(result).toMatchObject({ exitCode: 1, stdout: '{"end":"exited","exitCode":0}\n' });
  });

  test('clones structures with cycles', async () => {
    const source = `
      const made = { map: new Map([[1, { at: new Date(0) }]]), bytes: new Uint8Array([1, 2]) }; made.self = made;
      const copy = structuredClone(made);
      console.log(copy.self === copy, copy !== made, copy.map.get(1).at.getTime(), copy.bytes[1]);
      try { structuredClone(() => {}); } catch (error) { console.log(error.name); }
    `;
    expect((await run({ 'a.js': source })).stdout).toBe('true true 0 2\nDataCloneError\n');
  });
});

describe('an isolate that does not load', () => {
  test('leaves the program to what stands in for it, and is not asked again', async () => {
    const none = isolateRunner({ engines: [], instead: subprocessRunner() });
    const job = entryJob('javascript', filesOf({ 'a.js': 'console.log(process.argv.length);' }));
    expect(none.accepts(job)).toBe(false);
    expect(await drain(none.run(job, never()))).toMatchObject({ exitCode: 0, stdout: '2\n' });
  });
});
