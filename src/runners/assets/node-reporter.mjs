// A reporter of node:test: one JSON record a finished test, appended at once to the file that KINTSUGI_REPORT names. The last record is
// `end`; without it the process was ended from inside.
import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';

const path = process.env.KINTSUGI_REPORT;
delete process.env.KINTSUGI_REPORT;

const record = (fields) => appendFileSync(path, `${JSON.stringify(fields)}\n`, { mode: 0o600 });
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

// biome-ignore lint/style/noDefaultExport: Node loads a reporter by its default export.
export default async function* report(events) {
  record({ kind: 'start', framework: 'node:test' });
  const names = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names.push(data.name);
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const failed = type === 'test:fail' && data.todo === undefined;
    const error = type === 'test:fail' ? data.details.error : undefined;
    const container = data.details.type === 'suite' || error?.failureType === 'subtestsFailed';
    // A suite counts only when it failed by itself; its tests speak for it.
    if (container && (!failed || error?.failureType === 'subtestsFailed')) continue;
    const skipped = data.skip !== undefined || data.todo !== undefined;
    record({
      kind: 'case',
      name: [...names.slice(0, data.nesting), data.name].join(' > '),
      status: failed ? 'failed' : skipped ? 'skipped' : 'passed',
      ms: data.details.duration_ms,
      ...(failed ? describe(error) : {}),
    });
  }
  record({ kind: 'end' });
  yield '';
}
