import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Lesson } from '../../src/core/memory.ts';
import { type MemoryOptions, openMemory } from '../../src/memory/store.ts';
import { hashedWords } from './plain.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'kintsugi-memory-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openIn(directory: string, more: Partial<MemoryOptions> = {}) {
  return openMemory({ directory, globalDirectory: null, project: 'p1', embedder: hashedWords, ...more });
}

/** Adds lessons and expects it to work. */
export async function add(memory: ReturnType<typeof openMemory>, ...lessons: Lesson[]): Promise<void> {
  const done = await memory.append(lessons.map((one) => ({ op: 'add', memory: one })));
  if (done.kind === 'failed') throw new Error(done.why);
}
