import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RenderPrompt } from './core/seams.ts';

type PromptName = Parameters<RenderPrompt>[0];

/** What each prompt file is given: it must use every one of these, and nothing else. */
export const promptPlaceholders: Record<PromptName, readonly string[]> = {
  system: [],
  plan: ['language', 'checks', 'recalled', 'feedback'],
  code: ['language', 'history', 'recalled'],
  diagnose: ['history'],
  lesson: ['failure', 'diagnosis', 'change'],
};

/** A prompt as alternating text and placeholder names, text first and last. */
type Template = string[];

const largestPrompt = 256 * 1024;

function promptError(file: string, line: number | null, what: string, fix: string): Error {
  const error = new Error(`${file}${line === null ? '' : `:${line}`} ${what}. ${fix}`);
  error.name = 'PromptError';
  return error;
}

/** True for what `loadPrompts` and its result throw about a prompt file. */
export function isPromptError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'PromptError';
}

function readPrompt(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw promptError(
      file,
      null,
      `cannot be read (${code})`,
      'Put the prompt file back or make it readable.',
    );
  }
  if (bytes.length > largestPrompt)
    throw promptError(file, null, 'is larger than 256 KB', 'Make it shorter.');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\0')) throw new TypeError('NUL');
    return text.replace(/\r\n?/g, '\n').trim();
  } catch {
    throw promptError(file, null, 'is not a text file in UTF-8', 'Save it as UTF-8 text.');
  }
}

function parseTemplate(file: string, text: string, expected: readonly string[]): Template {
  const template: Template = [];
  const listed =
    expected.length > 0
      ? `This file knows ${expected.map((name) => `{{${name}}}`).join(', ')}.`
      : 'This file has no placeholders.';
  let from = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
    const line = text.slice(0, open).split('\n').length;
    const name = /^\{\{([A-Za-z]\w*)\}\}/.exec(text.slice(open, open + 100))?.[1];
    if (name === undefined) {
      const shown = text.slice(open, open + 30).split('\n', 1)[0];
      throw promptError(file, line, `has "${shown}", which is not of the form {{name}}`, listed);
    }
    if (!expected.includes(name))
      throw promptError(file, line, `has the unknown placeholder {{${name}}}`, listed);
    template.push(text.slice(from, open), name);
    from = open + name.length + 4;
  }
  template.push(text.slice(from));
  const missing = expected.filter(
    (name) => !template.some((part, index) => index % 2 === 1 && part === name),
  );
  if (missing.length > 0) {
    const names = missing.map((name) => `{{${name}}}`).join(', ');
    throw promptError(file, null, `lacks ${names}`, 'The model would not see it: put it where it belongs.');
  }
  return template;
}

/**
 * Reads the prompt files of a folder and checks their placeholders, so that a broken file is known before anything is asked.
 * The result fills one in: values are inserted as they are (a value with `{{x}}` in it stays as it is), line ends are `\n`, and the
 * text is trimmed. Both throw a PromptError that names the file and the placeholder.
 */
export function loadPrompts(directory: string): RenderPrompt {
  const load = (name: PromptName) => {
    const file = path.join(directory, `${name}.md`);
    return { file, template: parseTemplate(file, readPrompt(file), promptPlaceholders[name]) };
  };
  const prompts = {
    system: load('system'),
    plan: load('plan'),
    code: load('code'),
    diagnose: load('diagnose'),
    lesson: load('lesson'),
  };
  return (name, values) => {
    const { file, template } = prompts[name];
    const surplus = Object.keys(values).find((given) => !promptPlaceholders[name].includes(given));
    if (surplus !== undefined) {
      throw promptError(file, null, `has no placeholder {{${surplus}}}`, 'A value was given for it.');
    }
    return template
      .map((part, index) => {
        if (index % 2 === 0) return part;
        const value = Object.hasOwn(values, part) ? values[part] : undefined;
        if (value === undefined)
          throw promptError(file, null, `was given no value for {{${part}}}`, 'Give one.');
        return value;
      })
      .join('')
      .trim();
  };
}
