'use strict';
// A world of its own in V8 (isolated-vm). Only strings and numbers cross.

/** `tell(stream, text)` gets what the program writes. */
exports.open = async ({ modules, memoryMegabytes }, tell) => {
  const ivm = require(modules[0]);
  const isolate = new ivm.Isolate({ memoryLimit: memoryMegabytes });
  const context = isolate.createContextSync();
  context.global.setSync('__kintsugi_write', new ivm.Callback(tell));
  return {
    /** The value of a script; throws what it throws. Its microtasks are done then. */
    evaluate: (code, filename) => context.evalSync(code, { filename }),
    /** Throws a SyntaxError when it does not parse. */
    compile: (code, filename) => {
      const script = isolate.compileScriptSync(code, { filename });
      return () => void script.runSync(context);
    },
    outOfMemory: () => isolate.isDisposed,
  };
};
