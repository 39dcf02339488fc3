import { writeSync } from 'node:fs';
import { openMemory } from '../../../src/memory/store.ts';
import { hashedWords, lessonOf } from '../plain.ts';

/** `FOLDER NAME COUNT`: remembers that many lessons, prints the id of each when it is acknowledged, and writes the index. */
const [directory = '', name = '', count = '0'] = process.argv.slice(2);
const memory = openMemory({ directory, globalDirectory: null, project: 'p1', embedder: hashedWords });
for (let at = 0; at < Number(count); at += 1) {
  const id = `${name}-${at}`;
  const done = await memory.append([{ op: 'add', memory: lessonOf(id) }]);
  writeSync(1, done.kind === 'appended' ? `${id}\n` : `failed ${done.why}\n`);
  // Now and then somebody asks, and the index is written.
  const failed = at % 40 === 39 ? await memory.flush() : null;
  if (failed !== null) writeSync(1, `failed ${failed.why}\n`);
}
await memory.close();
