'use strict';
// Preloaded into a Node that was started ahead: waits for its program before Node looks for it. Nothing of it is left afterwards.
// KINTSUGI_WAIT: the NODE_OPTIONS without it.
// One line comes on standard input once the program is in place: 0 when it gets no input, 1 when what follows is its input.
const { closeSync, openSync, readSync } = require('node:fs');

const { process } = globalThis;

function wait() {
  const { env } = process;
  if (env.KINTSUGI_WAIT === '') delete env.NODE_OPTIONS;
  else env.NODE_OPTIONS = env.KINTSUGI_WAIT;
  delete env.KINTSUGI_WAIT;
  const word = Buffer.alloc(2);
  for (let got = 0; got < word.length; ) {
    const more = readSync(0, word, got, word.length - got, null);
    // Whoever started us is gone.
    if (more === 0) process.reallyExit(1);
    got += more;
  }
  if (word.toString('latin1') !== '0\n') return;
  closeSync(0);
  openSync('/dev/null', 'r');
}

delete require.cache[__filename];
// Threads load what their process preloaded, after it was woken.
if (process.env.KINTSUGI_WAIT !== undefined) wait();
