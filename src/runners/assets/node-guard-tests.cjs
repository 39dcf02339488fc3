'use strict';
// The reporter of node:test: one record a finished test, written at once. It serves one run of one process.
const { inspect } = require('node:util');

const shown = (value) =>
  typeof value === 'string'
    ? value
    : inspect(value, { depth: 6, maxArrayLength: 100, maxStringLength: 2000 });

/** What the test threw, whole: name, message with its difference, stack. */
function describe(error) {
  const cause = error?.code === 'ERR_TEST_FAILURE' ? (error.cause ?? error) : error;
  if (!(cause instanceof Error) && typeof cause?.stack !== 'string') return { message: shown(cause) };
  const both = 'expected' in cause && 'actual' in cause;
  return {
    message: cause.stack.includes(cause.message)
      ? cause.stack
      : `${cause.name}: ${cause.message}\n${cause.stack}`,
    reason: cause.cause === undefined ? undefined : shown(cause.cause),
    ...(both ? { expected: shown(cause.expected), actual: shown(cause.actual) } : {}),
  };
}

module.exports = function makeReporter({ state, record, tell, places }) {
  return async function* report(events) {
    const { owner, place } = places.asker();
    state.reports += 1;
    if (owner !== null || state.reports > 1)
      return tell('the reporter of the tests was called by somebody else', place);
    state.framework = 'begun';
    record('start', { framework: 'node:test' });
    const names = [];
    let open = 0;
    for await (const { type, data } of events) {
      if (type === 'test:start') {
        open += 1;
        names.length = data.nesting;
        names.push(data.name);
      }
      if (type !== 'test:pass' && type !== 'test:fail') continue;
      open -= 1;
      const failed = type === 'test:fail' && data.todo === undefined;
      const error = type === 'test:fail' ? data.details.error : undefined;
      const container = data.details.type === 'suite' || error?.failureType === 'subtestsFailed';
      // A suite counts only when it failed by itself; its tests speak for it.
      if (container && (!failed || error?.failureType === 'subtestsFailed')) continue;
      const skipped = data.skip !== undefined || data.todo !== undefined;
      record('case', {
        name: [...names.slice(0, data.nesting), data.name].join(' > '),
        status: failed ? 'failed' : skipped ? 'skipped' : 'passed',
        ms: data.details.duration_ms,
        ...(failed ? describe(error) : {}),
      });
    }
    if (open === 0) state.framework = 'done';
    record('end', {});
    yield '';
  };
};
