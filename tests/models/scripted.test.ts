import { afterEach, describe, expect, it } from 'vitest';
import { anthropicModel } from '../../src/models/anthropic.ts';
import { openaiModel } from '../../src/models/openai.ts';
import { parseScript, type ScriptRule, scriptedModel } from '../../src/models/scripted.ts';
import { answerFromScript, type ModelServer, startModelServer } from '../support/model-server.ts';
import { ask, codeRequest, failed, planRequest, replied } from './requests.ts';

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function rulesOf(...lines: unknown[]): ScriptRule[] {
  const script = parseScript(lines.map((line) => JSON.stringify(line)).join('\n'), 'script.jsonl');
  if (!script.ok) throw new Error(script.error);
  return script.rules;
}

function scripted(...lines: unknown[]) {
  return scriptedModel({ id: 'scripted:script.jsonl', source: 'script.jsonl', rules: rulesOf(...lines) });
}

describe('parseScript', () => {
  it('reads rules, passes empty lines over, and keeps line separators inside strings', () => {
    const script = parseScript('\n{"purpose":"code","when":["a"],"reply":"x\u2028y"}\r\n\n', 's.jsonl');
    expect(script).toEqual({ ok: true, rules: [{ purpose: 'code', when: ['a'], reply: 'x\u2028y' }] });
  });

  it.each([
    ['not json', /^s\.jsonl:3: this line is not JSON/],
    ['{"purpose":"cook","reply":"x"}', /^s\.jsonl:3: "purpose": /],
    ['{"purpose":"code"}', /^s\.jsonl:3: a rule needs "reply" or "fail"/],
    ['{"purpose":"code","reply":"x","wehn":["a"]}', /^s\.jsonl:3: .*wehn/],
    ['{"purpose":"code","reply":"x","times":0}', /^s\.jsonl:3: "times": /],
    ['{"purpose":"code","fail":{"status":200}}', /^s\.jsonl:3: "fail\.status": /],
    ['[1]', /^s\.jsonl:3: /],
  ])('names file and line of %s', (line, message) => {
    const script = parseScript(`{"purpose":"code","reply":"x"}\n\n${line}\n`, 's.jsonl');
    expect(script.ok ? '' : script.error).toMatch(message);
  });
});

describe('scriptedModel', () => {
  it('answers with the first rule whose texts are all in the request', async () => {
    const model = scripted(
      { purpose: 'plan', reply: { approach: 'p' } },
      { purpose: 'code', when: ['print 120', 'absent'], reply: 'first' },
      { purpose: 'code', when: ['print 120', 'programs'], whenAny: ['nowhere'], reply: 'second' },
      { purpose: 'code', when: ['print 120', 'programs'], whenAny: ['nowhere', 'Write the'], reply: 'third' },
      { purpose: 'code', reply: 'fourth' },
    );
    const asked = await ask(model, codeRequest);
    expect(replied(asked)).toMatchObject({ text: 'third', stop: 'end', costUsd: 0 });
    expect(replied(asked).usage.inputTokens).toBeGreaterThan(10);
    expect(asked.shown).toBe('third');
  });

  it('uses a rule as often as it says, for each model anew', async () => {
    const lines = [
      { purpose: 'code', times: 2, reply: 'bug' },
      { purpose: 'code', reply: 'fix' },
    ];
    for (const model of [scripted(...lines), scripted(...lines)]) {
      const texts: string[] = [];
      for (let count = 0; count < 4; count += 1) texts.push(replied(await ask(model, codeRequest)).text);
      expect(texts).toEqual(['bug', 'bug', 'fix', 'fix']);
    }
  });

  it('counts the requests that were answered before as used', async () => {
    const rules = rulesOf({ purpose: 'code', times: 1, reply: 'bug' }, { purpose: 'code', reply: 'fix' });
    const model = scriptedModel({ id: 's', source: 's', rules, answered: [planRequest, codeRequest] });
    expect(replied(await ask(model, codeRequest)).text).toBe('fix');
  });

  it('answers a structured request with an object, or with a string that is one', async () => {
    for (const reply of [{ approach: 'x' }, '{"approach":"x"}']) {
      const result = replied(await ask(scripted({ purpose: 'plan', reply }), planRequest));
      expect(result).toMatchObject({ data: { approach: 'x' }, text: '' });
    }
    const prose = replied(await ask(scripted({ purpose: 'plan', reply: 'no plan' }), planRequest));
    expect(prose).not.toHaveProperty('data');
    expect(prose.text).toBe('no plan');
  });

  it('answers a code request with an object as its JSON', async () => {
    const reply = { project_name: 'x', entry_file: 'a.js', files: {} };
    const result = replied(await ask(scripted({ purpose: 'code', reply }), codeRequest));
    expect(JSON.parse(result.text)).toEqual(reply);
  });

  it.each([
    [
      'plan',
      'Plan it.',
      { approach: '', steps: [{ title: 'Write the program', instructions: '', checks: [] }] },
    ],
    [
      'diagnose',
      'It failed.\n<failure>\n\n  NameError: x\nline 2\n</failure>\nWhy?',
      { text: 'NameError: x' },
    ],
    ['diagnose', 'It failed.', { text: 'unknown' }],
    ['lesson', 'Learn.', { lesson: null }],
  ] as const)('answers %s neutrally without a rule', async (purpose, turn, data) => {
    const result = replied(await ask(scripted(), { ...planRequest, purpose, turn }));
    expect(result.data).toEqual(data);
  });

  it('fails a code request without a rule with the end of the request', async () => {
    const turn = `${'a'.repeat(1000)} the very end`;
    const failure = failed(await ask(scripted(), { ...codeRequest, turn }));
    expect(failure.failure).toBe('no-script');
    expect(failure.message.endsWith(turn.slice(-400))).toBe(true);
    expect(failure.message).toContain('script.jsonl');
  });

  it('fails as the rule says, and goes on when its times are used up', async () => {
    const fail = { status: 529, message: 'busy', retryAfterMs: 5 };
    const model = scripted({ purpose: 'code', times: 1, fail }, { purpose: 'code', reply: 'x' });
    expect(failed(await ask(model, codeRequest))).toMatchObject({
      ...{ failure: 'overloaded', status: 529, retryAfterMs: 5 },
    });
    expect(replied(await ask(model, codeRequest)).text).toBe('x');
  });

  it('takes its time, and throws the reason when the signal aborts meanwhile', async () => {
    const model = scripted({ purpose: 'code', latencyMs: 60_000, reply: 'x' });
    const controller = new AbortController();
    const asked = ask(model, codeRequest, controller.signal);
    controller.abort('enough');
    await expect(asked).rejects.toBe('enough');
  });

  it.each(['anthropic', 'openai'])('answers over the real %s SDK as it does itself', async (protocol) => {
    const rules = rulesOf(
      { purpose: 'plan', reply: { approach: 'by hand' } },
      { purpose: 'code', when: ['print 120', 'write programs'], times: 1, reply: '```js\n1\n```\n' },
    );
    server = await startModelServer({ answer: answerFromScript(rules) });
    const common = { model: 'm', apiKey: 'test-key', idleMs: 2000 };
    const model =
      protocol === 'anthropic'
        ? anthropicModel({ ...common, baseURL: server.url })
        : openaiModel({ ...common, id: 'local/m', baseURL: `${server.url}/v1`, free: true });
    expect(replied(await ask(model, planRequest)).data).toEqual({ approach: 'by hand' });
    expect(replied(await ask(model, codeRequest)).text).toBe('```js\n1\n```\n');
    expect(failed(await ask(model, codeRequest)).message).toContain('the script has a hole');
  });
});
