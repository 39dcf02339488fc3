const { Worker } = require('node:worker_threads');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');

fs.mkdirSync('a/b', { recursive: true });
fs.writeFileSync('a/b/c.txt', 'text');
fs.renameSync('a/b/c.txt', 'a/d.txt');
console.log(fs.readdirSync('.', { recursive: true }).sort());
console.log(String(execFileSync('sh', ['-c', 'echo child'])));
console.log(
  require('node:crypto').createHash('sha256').update('a').digest('hex'),
  require('node:zlib').gzipSync('a').length > 0,
);
new Worker('require("node:worker_threads").parentPort.postMessage(6 * 7)', { eval: true }).on(
  'message',
  (sum) => {
    console.log(sum);
    process.exitCode = 3;
  },
);
