'use strict';
// A world of its own in QuickJS, an interpreter in wasm. Only strings and numbers cross.

const stackBytes = 384 * 1024;

/** `tell(stream, text)` gets what the program writes. */
exports.open = async ({ modules, memoryMegabytes }, tell) => {
  const [core, variant] = modules.map((module) => require(module));
  const quickjs = await core.newQuickJSWASMModuleFromVariant(variant.default ?? variant);
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(memoryMegabytes * 1024 * 1024);
  runtime.setMaxStackSize(stackBytes);
  const context = runtime.newContext();
  const write = context.newFunction('write', (stream, text) => {
    tell(context.getString(stream), context.getString(text));
  });
  context.setProp(context.global, '__kintsugi_write', write);
  write.dispose();
  let exhausted = false;
  const thrown = (handle) => {
    const value = context.dump(handle);
    handle.dispose();
    const { name = '', message = '', stack = '' } = typeof value === 'object' && value !== null ? value : {};
    if (name === 'InternalError' && message === 'out of memory') exhausted = true;
    const error = new Error(name ? `${name}: ${message}` : String(value));
    error.name = name;
    error.stack = `${error.message}\n${stack}`.trimEnd();
    return error;
  };
  const evaluate = (code, filename) => {
    const result = context.evalCode(code, filename);
    if (result.error) throw thrown(result.error);
    const value = context.dump(result.value);
    result.value.dispose();
    const jobs = runtime.executePendingJobs();
    if (jobs.error) throw thrown(jobs.error);
    jobs.dispose();
    return value;
  };
  return {
    evaluate,
    compile: (code, filename) => {
      // Parsed as the body of a function that is never called.
      const result = context.evalCode(`(function () {${code}\n}); 0`, filename);
      if (result.error) throw thrown(result.error);
      result.value.dispose();
      return () => void evaluate(code, filename);
    },
    outOfMemory: () => exhausted,
  };
};
