const memory = new WebAssembly.Memory({ initial: 1, maximum: 16384 });
let pages = 1;
try {
  while (pages < 10_000) {
    memory.grow(128);
    new Uint8Array(memory.buffer).fill(1, pages << 16);
    pages += 128;
  }
  console.log('DONE wasm', pages >> 4, 'MB');
} catch (error) {
  console.log('STOP wasm', pages >> 4, 'MB', error.message);
}
