import type { Memory } from './memory.ts';

/** A memory in two texts, for people and for files: what it is about, and the rest. */

/** A lesson's key (what it is searched by; its goal where there is none), a solution's goal, a fact's text. */
export function aboutOf(memory: Memory): string {
  if (memory.kind === 'solution') return memory.goal;
  if (memory.kind === 'fact') return memory.fact;
  return memory.key.trim() === '' ? memory.about : memory.key;
}

/** The rest, whole: a lesson's words, one part a line; a solution's files; where a fact comes from and how it is checked. */
export function bodyOf(memory: Memory): string {
  if (memory.kind === 'solution') {
    const { files } = memory.program;
    if (files.length === 1) return files[0]?.content ?? '';
    return files.map((file) => `--- ${file.path}\n${file.content.trimEnd()}`).join('\n');
  }
  if (memory.kind === 'fact') {
    return [
      ...memory.citations.map((citation) => `seen in: ${citation}`),
      ...(memory.check === undefined ? [] : [`check: ${memory.check}`]),
    ].join('\n');
  }
  const { when, do: what, avoid, why, unless } = memory;
  return Object.entries({ when, do: what, avoid, why, unless })
    .flatMap(([name, value]) => (value === undefined || value.trim() === '' ? [] : [`${name}: ${value}`]))
    .join('\n');
}

/** The form that `memory list`, `search` and `export` share. */
export function plainMemory(memory: Memory) {
  const { id, kind, state, scope, provenance, validFrom, rev } = memory;
  return {
    id,
    kind,
    state,
    about: aboutOf(memory),
    body: bodyOf(memory),
    language: scope.language,
    libraries: scope.libraries,
    taint: provenance.taint,
    session: provenance.session,
    validFrom,
    ...(memory.lastVerified === undefined ? {} : { lastVerified: memory.lastVerified }),
    ...(memory.note === undefined ? {} : { note: memory.note }),
    rev,
  };
}
