import type { RecalledMemory } from '../core/domain.ts';
import type { Memory } from '../core/memory.ts';
import { scopeWords } from './scope.ts';

/** How a memory stands in a prompt: data, in one short line a part. */

const mostWords = 80;

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The text cut after so many words, at a word. */
function atMost(words: number, text: string): string {
  const all = text.split(/(?<=\s)/);
  return all.length <= words ? text : `${all.slice(0, words).join('').trimEnd()} …`;
}

/** The memory as a model reads it; a lesson has at most 80 words, `when`, `do`, `avoid`, `why`, `unless`, and loses `why` first. */
export function renderMemory(memory: Memory): string {
  if (memory.kind === 'fact') return atMost(mostWords, oneLine(memory.fact));
  if (memory.kind === 'solution') {
    const { path } = memory.program.files[0] ?? { path: memory.program.entry };
    return atMost(
      mostWords,
      `a verified program for: ${oneLine(memory.goal)} (${memory.program.language}, ${path})`,
    );
  }
  const { when, do: what, avoid, why, unless } = memory;
  const parts: [string, string | undefined][] = [
    ['when', when],
    ['do', what],
    ['avoid', avoid],
    ['why', why],
    ['unless', unless],
  ];
  const text = (kept: typeof parts) =>
    kept
      .flatMap(([name, value]) =>
        value === undefined || value.trim() === '' ? [] : [`${name}: ${oneLine(value)}`],
      )
      .join('\n');
  const whole = text(parts);
  if (whole.split(/\s+/).length <= mostWords) return whole;
  return atMost(mostWords, text(parts.filter(([name]) => name !== 'why')));
}

/** What goes into the event and the prompt. `why` says what made it fit. */
export function recalledOf(memory: Memory, why: string): RecalledMemory {
  return {
    id: memory.id,
    kind: memory.kind,
    trust: memory.state,
    text: renderMemory(memory),
    seen: memory.kind === 'lesson' ? memory.seenIn.length : 1,
    scope: scopeWords(memory.scope),
    why,
  };
}
