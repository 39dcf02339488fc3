import { afterEach, beforeEach, expect, it } from 'vitest';
import { kintsugi, makePlace, type Place } from '../support/kintsugi.ts';
import { answerFromScript, type ModelServer, startModelServer } from '../support/model-server.ts';

/** What goes over the wire costs the user money at every call. */

const mostBytes = 12 * 1024;
const goal =
  'Write a JavaScript function runningTotal(values) in solution.js that returns the list of the sums of all values up to and including each place: an empty list for an empty list, and it must leave the list it is given as it was. Export it with module.exports, so that tests can require it.'.padEnd(
    300,
    '!',
  );
const content = `const test = require('node:test');
const assert = require('node:assert');
const { runningTotal } = require('./solution.js');
test('an empty list', () => assert.deepStrictEqual(runningTotal([]), []));
test('sums so far', () => assert.deepStrictEqual(runningTotal([1, 2, 3]), [1, 3, 6]));
`;
const solution = (start: number) => `\`\`\`javascript path=solution.js
function runningTotal(values) {
  const totals = [];
  let total = ${start};
  for (const value of values) {
    total += value;
    totals.push(total);
  }
  return totals;
}
module.exports = { runningTotal };
\`\`\`
`;
const checks = [{ kind: 'tests', name: 'running totals', path: 'solution.test.js', content }];
const instructions = 'solution.js exports runningTotal(values).';
const steps = [{ title: 'Write runningTotal', instructions, checks }];

let place: Place;
let server: ModelServer;
beforeEach(async () => {
  place = makePlace();
  server = await startModelServer({
    answer: answerFromScript([
      {
        purpose: 'plan',
        when: [],
        reply: { approach: 'Add up in one pass.', language: 'javascript', steps },
      },
      { purpose: 'code', when: [], reply: solution(1), times: 1 },
      { purpose: 'diagnose', when: [], reply: { text: 'The total starts at 1 where it must start at 0.' } },
      { purpose: 'code', when: [], reply: solution(0) },
    ]),
  });
});
afterEach(async () => {
  await server.close();
  await place.remove();
});

it('all requests of a session of two attempts and its lesson together stay within 12 KB, for a goal of 300 characters', async () => {
  expect(goal).toHaveLength(300);
  const env = { ANTHROPIC_API_KEY: 'sk-ant-loopback', ANTHROPIC_BASE_URL: server.url };
  const ended = await kintsugi(place, ['-p', goal, '-m', 'anthropic'], { env });
  expect(ended.code, ended.stderr).toBe(0);
  expect(server.requests.map(({ tools }) => tools[0] ?? 'code')).toEqual([
    'plan',
    'code',
    'diagnosis',
    'code',
    'lesson',
  ]);
  const bytes = server.requests.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
  expect(
    bytes.reduce((sum, one) => sum + one, 0),
    bytes.join(' + '),
  ).toBeLessThanOrEqual(mostBytes);
});
