// Runs first inside the isolate: gives it a console, timers and structuredClone as Node has them. Only strings and numbers cross to the
// process outside, through `write` and through the functions of the hidden object that this script ends with.
(() => {
  const { write, inspection } = globalThis.__kintsugi_host;
  delete globalThis.__kintsugi_host;
  const { inspect, format } = inspection;
  const now = Date.now;
  let dead = false;

  // --- what QuickJS lacks: the heading of a stack, and a word on rejections that nobody looks after
  const needsHeading = !String(new Error('heading').stack).includes('heading');
  const headed = new WeakSet();
  const head = (value, depth = 0) => {
    if (!needsHeading || !(value instanceof Error) || headed.has(value) || depth > 8) return;
    const stack = Object.getOwnPropertyDescriptor(value, 'stack')?.value;
    if (typeof stack !== 'string') return;
    headed.add(value);
    value.stack = `${value.name}${value.message === '' ? '' : `: ${value.message}`}\n${stack.trimEnd()}`;
    head(value.cause, depth + 1);
  };
  const unhandled = new Map();
  if (needsHeading) {
    const handled = new WeakSet();
    const { then } = Promise.prototype;
    let quiet = false;
    const Watched = class extends Promise {
      constructor(executor) {
        super(executor);
        if (quiet) return;
        quiet = true;
        const rejected = (reason) => void (handled.has(this) || unhandled.set(this, reason));
        then.call(this, undefined, rejected);
        quiet = false;
      }
      // biome-ignore lint/suspicious/noThenProperty: a promise has one.
      then(...reactions) {
        handled.add(this);
        unhandled.delete(this);
        return super.then(...reactions);
      }
    };
    Object.defineProperty(Watched, 'name', { value: 'Promise' });
    globalThis.Promise = Watched;
  }
  // --- console
  let indent = '';
  const say = (stream, values) => {
    if (dead) return;
    for (const value of values) head(value);
    const text = format(...values);
    write(stream, `${indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`)}\n`);
  };
  const out = (...values) => say('stdout', values);
  const err = (...values) => say('stderr', values);
  const counts = new Map();
  const clocks = new Map();
  const elapsed = (label) => {
    const ms = now() - (clocks.get(label) ?? now());
    return `${label}: ${ms < 1000 ? `${ms}ms` : `${(ms / 1000).toFixed(3)}s`}`;
  };
  const group = (...labels) => {
    if (labels.length > 0) out(...labels);
    indent += '  ';
  };
  globalThis.console = {
    log: out,
    info: out,
    debug: out,
    dirxml: out,
    error: err,
    warn: err,
    dir: (value, options) => out(inspect(value, { customInspect: false, ...options })),
    trace: (...values) => err(`Trace${values.length > 0 ? `: ${format(...values)}` : ''}`),
    assert: (condition, ...values) => {
      if (!condition) err(values.length > 0 ? `Assertion failed: ${format(...values)}` : 'Assertion failed');
    },
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    count: (label = 'default') => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = 'default') => void counts.delete(label),
    time: (label = 'default') => void clocks.set(label, now()),
    timeLog: (label = 'default', ...values) => out(elapsed(label), ...values),
    timeEnd: (label = 'default') => {
      out(elapsed(label));
      clocks.delete(label);
    },
    table: (rows, columns) => {
      const text = rows !== null && typeof rows === 'object' ? table(rows, columns) : null;
      return text === null ? out(rows) : out(text);
    },
  };

  function table(rows, wanted) {
    const entries =
      rows instanceof Map || rows instanceof Set
        ? [...rows.entries()]
        : Object.keys(rows).map((key) => [key, rows[key]]);
    const columns = [...(wanted ?? [])];
    let plain = false;
    for (const [, row] of entries) {
      if (row === null || typeof row !== 'object') plain = true;
      else if (!wanted) for (const key of Object.keys(row)) if (!columns.includes(key)) columns.push(key);
    }
    const cell = (value) =>
      inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Number.POSITIVE_INFINITY });
    const lines = [['(index)', ...columns, ...(plain ? ['Values'] : [])]];
    for (const [index, row] of entries) {
      const open = row !== null && typeof row === 'object';
      const cells = columns.map((key) => (open && Object.hasOwn(row, key) ? cell(row[key]) : ''));
      lines.push([String(index), ...cells, ...(plain ? [open ? '' : cell(row)] : [])]);
    }
    const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)) + 2);
    const row = (line) => `│${line.map((text, at) => ` ${text}`.padEnd(widths[at])).join('│')}│`;
    const rule = (left, middle, right) =>
      left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
    return [
      rule('┌', '┬', '┐'),
      row(lines[0]),
      rule('├', '┼', '┤'),
      ...lines.slice(1).map(row),
      rule('└', '┴', '┘'),
    ].join('\n');
  }

  // --- timers
  let nextId = 1;
  const timers = new Map();
  const start = (callback, delay, values, every) => {
    if (typeof callback !== 'function') {
      const error = new TypeError(
        `The "callback" argument must be of type function. Received ${inspect(callback)}`,
      );
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    const wait = delay >= 1 && delay <= 2147483647 ? Math.trunc(delay) : delay === -1 ? -1 : 1;
    const id = nextId++;
    const timer = { id, callback, values, wait, every, at: now() + wait, kept: true };
    timers.set(id, timer);
    const handle = { hasRef: () => timer.kept, [Symbol.toPrimitive]: () => id };
    const returning = (change) => () => {
      change();
      return handle;
    };
    handle.ref = returning(() => {
      timer.kept = true;
    });
    handle.unref = returning(() => {
      timer.kept = false;
    });
    handle.refresh = returning(() => {
      timer.at = now() + wait;
    });
    handle.close = returning(() => {
      timers.delete(id);
    });
    return handle;
  };
  const stop = (handle) => {
    if (handle !== null && handle !== undefined) timers.delete(Number(handle));
  };
  globalThis.setTimeout = (callback, delay, ...values) =>
    start(callback, Math.max(1, +delay || 1), values, false);
  globalThis.setInterval = (callback, delay, ...values) =>
    start(callback, Math.max(1, +delay || 1), values, true);
  globalThis.setImmediate = (callback, ...values) => start(callback, -1, values, false);
  globalThis.clearTimeout = stop;
  globalThis.clearInterval = stop;
  globalThis.clearImmediate = stop;
  globalThis.queueMicrotask = (callback) => {
    Promise.resolve().then(() => {
      try {
        callback();
      } catch (error) {
        fail(error);
      }
    });
  };
  const earliest = () => {
    let first = null;
    for (const timer of timers.values()) if (first === null || timer.at < first.at) first = timer;
    return first;
  };

  // --- structuredClone
  const copy = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      const error = new Error(`${String(value)} could not be cloned.`);
      error.name = 'DataCloneError';
      throw error;
    }
    if (value === null || typeof value !== 'object') return value;
    if (seen.has(value)) return seen.get(value);
    const known = (made) => {
      seen.set(value, made);
      return made;
    };
    if (Array.isArray(value)) {
      const made = known(new Array(value.length));
      for (const key of Object.keys(value)) made[key] = copy(value[key], seen);
      return made;
    }
    if (value instanceof Date) return known(new Date(value.getTime()));
    if (value instanceof RegExp) return known(new RegExp(value.source, value.flags));
    if (value instanceof Map) {
      const made = known(new Map());
      for (const [key, one] of value) made.set(copy(key, seen), copy(one, seen));
      return made;
    }
    if (value instanceof Set) {
      const made = known(new Set());
      for (const one of value) made.add(copy(one, seen));
      return made;
    }
    if (value instanceof ArrayBuffer) return known(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = copy(value.buffer, seen);
      const length = value instanceof DataView ? value.byteLength : value.length;
      return known(new value.constructor(buffer, value.byteOffset, length));
    }
    if (value instanceof Error) {
      const made = known(Object.create(Object.getPrototypeOf(value)));
      for (const key of ['stack', 'message', 'cause']) {
        if (Object.hasOwn(value, key)) {
          Object.defineProperty(made, key, {
            value: copy(value[key], seen),
            writable: true,
            configurable: true,
          });
        }
      }
      return made;
    }
    if (value instanceof Boolean || value instanceof Number || value instanceof String)
      return known(Object(value.valueOf()));
    const made = known({});
    for (const key of Object.keys(value)) made[key] = copy(value[key], seen);
    return made;
  };
  globalThis.structuredClone = (value) => copy(value, new Map());
  globalThis.global = globalThis;

  // --- what the process outside calls
  function fail(error) {
    if (dead) return;
    if (needsHeading && error?.name === 'InternalError' && error.message === 'out of memory') {
      dead = true;
      write('out-of-memory', '');
      return;
    }
    let text;
    try {
      head(error);
      text = error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`;
    } catch {
      text = 'Uncaught error that cannot be shown';
    }
    dead = true;
    write('uncaught', `${text}\n`);
  }
  const hidden = {
    main: (program) => {
      try {
        const module = { exports: {} };
        const require = (name) => {
          throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
        };
        const result = program.call(module.exports, require, module, module.exports);
        if (result instanceof Promise) result.then(undefined, fail);
      } catch (error) {
        fail(error);
      }
    },
    /** Milliseconds until the next timer; -1 when there is nothing to wait for. */
    due: () => {
      for (const reason of unhandled.values()) fail(reason);
      if (dead || ![...timers.values()].some((timer) => timer.kept)) return -1;
      return Math.max(0, earliest().at - now());
    },
    fire: () => {
      const timer = earliest();
      if (timer === null || timer.at > now()) return;
      if (timer.every) timer.at = now() + timer.wait;
      else timers.delete(timer.id);
      try {
        timer.callback(...timer.values);
      } catch (error) {
        fail(error);
      }
    },
    dead: () => dead,
  };
  Object.defineProperty(globalThis, '__kintsugi', { value: Object.freeze(hidden) });
})();
