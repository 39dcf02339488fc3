'use strict';
// Preloaded into a Node that was started ahead: waits for its program before Node looks for it. Nothing of it is left afterwards.
// One byte comes on standard input once the program is in place: 0 when it gets no input, 1 when what follows is its input.
const { closeSync, openSync, readSync } = require('node:fs');

const { process } = globalThis;

function wait() {
  delete process.env.KINTSUGI_WAIT;
  delete require.cache[__filename];
  const at = process.execArgv.indexOf(__filename);
  if (at > 0) process.execArgv.splice(at - 1, 2);
  const word = Buffer.alloc(1);
  // Whoever started us is gone.
  if (readSync(0, word, 0, 1, null) === 0) process.reallyExit(1);
  if (word.toString('latin1') !== '0') return;
  closeSync(0);
  openSync('/dev/null', 'r');
}

// Threads load what their process preloaded, after it was woken.
if (process.env.KINTSUGI_WAIT !== undefined) wait();
