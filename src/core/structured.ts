import * as z from 'zod';
import {
  type Check,
  type CheckSet,
  type Diagnosis,
  type Language,
  languages,
  type Plan,
  type SourceFile,
} from './domain.ts';
import { fencedBlocks } from './fences.ts';
import { languageOf, safePath } from './reply.ts';
import type { ModelReply, ReplySchema } from './seams.ts';

/** Reads the structured replies: plan and diagnosis. A model that answers in prose with JSON in it is understood too. */

const text = { type: 'string' } as const;
const textList = { type: 'array', items: text } as const;

export const planSchema: ReplySchema = {
  name: 'plan',
  description: 'The approach, the steps and their checks, before any code.',
  schema: {
    type: 'object',
    required: ['approach', 'language', 'steps'],
    properties: {
      approach: { ...text, description: 'One or two sentences.' },
      language: { type: 'string', enum: [...languages] },
      steps: {
        type: 'array',
        items: {
          type: 'object',
          required: ['title', 'instructions', 'checks'],
          properties: {
            title: text,
            instructions: text,
            checks: {
              type: 'array',
              items: {
                type: 'object',
                required: ['kind', 'name'],
                properties: {
                  kind: { type: 'string', enum: ['tests', 'command', 'output'] },
                  name: text,
                  path: { ...text, description: 'tests: the file' },
                  content: { ...text, description: 'tests: the whole file' },
                  command: { ...text, description: 'command: exit code 0 passes' },
                  stdout: { ...text, description: 'output: exactly what is printed' },
                  stdin: text,
                  args: textList,
                },
              },
            },
          },
        },
      },
    },
  },
};

export const diagnosisSchema: ReplySchema = {
  name: 'diagnosis',
  description: 'Why the attempt failed.',
  schema: {
    type: 'object',
    required: ['text'],
    properties: { text },
  },
};

const checkDraft = z.object({
  kind: z.enum(['tests', 'command', 'output']),
  name: z.string().optional(),
  path: z.string().optional(),
  content: z.string().optional(),
  command: z.string().optional(),
  stdout: z.string().optional(),
  stdin: z.string().optional(),
  args: z.array(z.string()).optional(),
});
const planDraft = z.object({
  approach: z.string().default(''),
  language: z.string().optional(),
  steps: z
    .array(
      z.object({
        title: z.string().default(''),
        instructions: z.string().default(''),
        checks: z.array(checkDraft).default([]),
      }),
    )
    .min(1),
});

export type PlanReading = { kind: 'plan'; plan: Plan } | { kind: 'malformed'; why: string };

/**
 * The plan in a reply. The user's language wins over the model's; the user's checks stand at the last step and no model check joins them
 * there. Check paths are made unique over all steps.
 */
export function readPlan(
  reply: ModelReply,
  context: {
    language: Language | null;
    fallback: Language;
    userChecks: CheckSet | null;
    digest: (text: string) => string;
  },
): PlanReading {
  const parsed = planDraft.safeParse(reply.data ?? jsonIn(reply.text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue && issue.path.length > 0 ? issue.path.join('.') : 'its top';
    return { kind: 'malformed', why: `the plan is wrong at ${where}: ${issue?.message ?? 'unreadable'}` };
  }
  const language =
    context.language ?? languages.find((one) => one === parsed.data.language) ?? context.fallback;
  const steps: Plan['steps'] = [];
  for (const [at, draft] of parsed.data.steps.entries()) {
    const last = at === parsed.data.steps.length - 1;
    const checks = last && context.userChecks ? context.userChecks : readChecks(draft.checks, context.digest);
    if ('why' in checks) return { kind: 'malformed', why: `step ${at + 1}: ${checks.why}` };
    steps.push({ title: draft.title || `Step ${at + 1}`, instructions: draft.instructions, checks });
  }
  return { kind: 'plan', plan: { approach: parsed.data.approach, language, steps } };
}

function readChecks(
  drafts: z.infer<typeof checkDraft>[],
  digest: (text: string) => string,
): CheckSet | { why: string } {
  const checks: Check[] = [];
  const files: SourceFile[] = [];
  const names = new Set<string>();
  for (const draft of drafts) {
    const label = draft.name || draft.path || draft.command || `${draft.kind} check`;
    let name = label;
    for (let n = 2; names.has(name); n += 1) name = `${label} (${n})`;
    names.add(name);
    if (draft.kind === 'tests') {
      const path = safePath(draft.path ?? '');
      if (path === null || languageOf(path) === null)
        return { why: `the test "${name}" needs a relative path of a source file` };
      if (!draft.content?.trim()) return { why: `the test "${name}" has no content` };
      if (files.some((file) => file.path === path)) return { why: `two tests have the path ${path}` };
      files.push({ path, content: draft.content.endsWith('\n') ? draft.content : `${draft.content}\n` });
      checks.push({ kind: 'tests', name, origin: 'model', files: [path] });
    } else if (draft.kind === 'command') {
      if (!draft.command?.trim()) return { why: `the check "${name}" has no command` };
      checks.push({ kind: 'command', name, origin: 'model', command: draft.command });
    } else {
      if (draft.stdout === undefined)
        return { why: `the check "${name}" does not say which output is expected` };
      checks.push({
        kind: 'output',
        name,
        origin: 'model',
        stdout: draft.stdout,
        ...(draft.args ? { args: draft.args } : {}),
        ...(draft.stdin === undefined ? {} : { stdin: draft.stdin }),
      });
    }
  }
  return freeze(checks, files, digest);
}

/** A CheckSet with its hash: the same checks and files always have the same one. */
export function freeze(checks: Check[], files: SourceFile[], digest: (text: string) => string): CheckSet {
  return { checks, files, hash: digest(JSON.stringify([checks, files])) };
}

/** The diagnosis in a reply: the tool call, JSON in prose, or the prose itself, at most 600 characters. Null when there is nothing. */
export function readDiagnosis(reply: ModelReply): Diagnosis | null {
  const parsed = z.object({ text: z.string() }).safeParse(reply.data ?? jsonIn(reply.text));
  const said = (parsed.success ? parsed.data.text : reply.text).replace(/\s+/g, ' ').trim();
  return said === '' ? null : { text: said.length > 600 ? `${said.slice(0, 599)}…` : said };
}

export function jsonIn(prose: string): unknown {
  const candidates = [prose, ...fencedBlocks(prose).map((block) => block.content)];
  const first = prose.indexOf('{');
  const last = prose.lastIndexOf('}');
  if (first !== -1 && last > first) candidates.push(prose.slice(first, last + 1));
  for (const candidate of candidates) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Not JSON: the next candidate may be.
    }
  }
  return undefined;
}
