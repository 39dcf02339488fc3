import { afterAll, describe, expect, test } from 'vitest';
import { drain } from '../../src/core/stream.ts';
import { isolateRunner } from '../../src/runners/isolate.ts';
import { runnerContract } from '../contracts/runner.ts';
import { entryJob, filesOf, never } from './support.ts';

const portable = isolateRunner({ engines: ['quickjs'] });
runnerContract('isolate (QuickJS)', () => portable, {
  language: 'javascript',
  file: 'main.js',
  hello: "console.log('hello, %s ✓', 'wörld');",
  fails: "// a comment\nthrow new Error('broken on purpose');",
  unparsable: 'let = = ;',
  loops: 'for (;;);',
  floods: "for (;;) console.log('flood');",
  hoards: 'const held = []; for (;;) held.push(new Array(10_000).fill(Math.random()));',
});

afterAll(() => portable.close());

describe('a program in QuickJS', () => {
  const inQuickjs = (contents: Record<string, string>) => {
    const language = Object.keys(contents)[0]?.endsWith('.ts') ? 'typescript' : 'javascript';
    return drain(portable.run(entryJob(language, filesOf(contents)), never()));
  };

  test('fails for a rejection that nobody looks after, with its place, and not for one that somebody does', async () => {
    const late = await inQuickjs({
      'a.ts':
        'async function main(): Promise<void> {\n  await null;\n  throw new TypeError("late");\n}\nmain();',
    });
    expect(late).toMatchObject({ status: 'exited', exitCode: 1 });
    expect(late.stderr).toContain('TypeError: late');
    expect(late.stderr).toContain('a.ts:3:');
    const handled = await inQuickjs({
      'a.js': `
        const p = Promise.reject(new Error('x'));
        p.catch(() => console.log('caught'));
        (async () => { try { await Promise.all([1, Promise.reject(2)]); } catch (error) { console.log(error); } })();
        for (const way of [() => process, () => require(['f', 's'].join(''))]) try { way(); console.log('reached'); } catch (error) { console.log(error.name); }
        setTimeout(() => console.log('later'), 5);
      `,
    });
    expect(handled).toMatchObject({ exitCode: 0, stderr: '' });
    expect(handled.stdout.split('\n').sort()).toEqual([
      '',
      '2',
      'Error',
      'ReferenceError',
      'caught',
      'later',
    ]);
  });

  test('says in its guarantees what it ran in', async () => {
    const { sandbox } = await inQuickjs({ 'a.js': '' });
    expect(sandbox.guarantees[0]).toContain('QuickJS');
  });
});
