import * as z from 'zod';
import type { Lesson } from './memory.ts';
import type { ModelReply, ReplySchema } from './seams.ts';
import { jsonIn } from './structured.ts';
import { seenText } from './suspicion.ts';

/** Reads a lesson out of a reply and makes it fit to be kept: short, and free of the values of one test. */

export type LessonText = Pick<Lesson, 'when' | 'do' | 'avoid' | 'why' | 'unless'>;

const text = { type: 'string' } as const;

export const lessonSchema: ReplySchema = {
  name: 'lesson',
  description: 'The lesson.',
  schema: {
    type: 'object',
    required: ['when', 'do', 'why'],
    properties: {
      when: { ...text, description: 'When it applies.' },
      do: text,
      avoid: text,
      why: { ...text, description: 'Why, in a few words.' },
      unless: { ...text, description: 'When it does not apply.' },
    },
  },
};

const words = z.union([z.string(), z.array(z.string()).transform((list) => list.join('; '))]).catch('');
const parts = z.looseObject({
  when: words.default(''),
  do: words.default(''),
  avoid: words.default(''),
  why: words.default(''),
  unless: words.default(''),
  text: words.default(''),
});

/**
 * The lesson in a reply: the tool call, JSON in prose (also below `lesson`), or the prose itself as what to do. Null when the model
 * gave none.
 */
export function readLesson(reply: Pick<ModelReply, 'text' | 'data'>): LessonText | null {
  const given = reply.data ?? jsonIn(reply.text);
  if (given === undefined) return ofProse(reply.text);
  const inner = typeof given === 'object' && given !== null && 'lesson' in given ? given.lesson : given;
  if (typeof inner === 'string') return ofProse(inner);
  const parsed = parts.safeParse(inner);
  if (!parsed.success) return null;
  const { when, avoid, why, unless, text: whole } = parsed.data;
  const what = parsed.data.do.trim() || whole.trim();
  if (what === '' && avoid.trim() === '') return null;
  return lessonOf({ when, do: what, avoid, why, unless });
}

function ofProse(said: string): LessonText | null {
  const plain = said
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/^\s*lesson\s*:\s*/i, '')
    .trim();
  if (plain === '' || /^(?:no(?:ne| lesson)?|null|n\/a|nothing)\b[^a-z]*$/i.test(plain)) return null;
  return lessonOf({ when: '', do: plain, avoid: '', why: '', unless: '' });
}

function lessonOf(given: Record<'when' | 'do' | 'avoid' | 'why' | 'unless', string>): LessonText {
  const plain = (part: string) => seenText(part).replace(/\s+/g, ' ').trim();
  const avoid = plain(given.avoid);
  const unless = plain(given.unless);
  return {
    when: plain(given.when),
    do: plain(given.do),
    ...(avoid ? { avoid } : {}),
    why: plain(given.why),
    ...(unless ? { unless } : {}),
  };
}

/** All its words, for a look at the whole. */
export function wordsOf(lesson: LessonText): string {
  return [lesson.when, lesson.do, lesson.avoid, lesson.why, lesson.unless].filter(Boolean).join('\n');
}

/** With the names of its parts a lesson has at most 80 words where it is shown. */
const mostWords = 74;
const mostCharacters = 900;

/** At most 80 words: the reasons give way first, then when it does not apply, what to avoid, when it applies, last what to do. */
export function shortened(lesson: LessonText): LessonText {
  let left = mostWords;
  let characters = mostCharacters;
  const cut = { ...lesson };
  for (const part of ['do', 'when', 'avoid', 'unless', 'why'] as const) {
    const given = cut[part];
    if (given === undefined) continue;
    const list = given.split(' ').filter(Boolean);
    const kept = list.slice(0, left).join(' ').slice(0, characters);
    left -= Math.min(left, list.length);
    characters -= Math.min(characters, kept.length);
    const whole = kept === given;
    if (kept !== '' || part === 'when' || part === 'do' || part === 'why')
      cut[part] = whole ? given : `${kept}${kept ? '…' : ''}`;
    else delete cut[part];
  }
  return cut;
}

const literal = /"([^"\n]{3,200})"|'([^'\n]{3,200})'|(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?![\w.])/g;

/**
 * The lesson without the values of one test: a quoted text or a number (of three digits and more, or with a fraction) that stands in the test data and
 * not in the change itself is replaced by `…`. Names and the values that the change is about stay as they are.
 */
export function withoutLiterals(lesson: LessonText, data: string, change: string): LessonText {
  const known = new Set([...data.matchAll(literal)].map((match) => match[1] ?? match[2] ?? match[0]));
  const clean = (given: string) =>
    given.replace(literal, (whole, double?: string, single?: string) => {
      const value = double ?? single ?? whole;
      const isName = (double ?? single) !== undefined && /^[A-Za-z_][\w.-]*$/.test(value);
      const isSmall = (double ?? single) === undefined && /^-?\d{1,2}$/.test(value);
      return isName || isSmall || !known.has(value) || change.includes(value) ? whole : '…';
    });
  const { avoid, unless } = lesson;
  return {
    when: clean(lesson.when),
    do: clean(lesson.do),
    ...(avoid === undefined ? {} : { avoid: clean(avoid) }),
    why: clean(lesson.why),
    ...(unless === undefined ? {} : { unless: clean(unless) }),
  };
}
