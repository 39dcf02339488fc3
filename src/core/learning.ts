import { ask, type Context } from './ask.ts';
import type { StepFrame } from './attempt.ts';
import { type AttemptRecord, tag, taskText } from './brief.ts';
import { correctedIn } from './correcting.ts';
import type { Ending, Program, Proof } from './domain.ts';
import type { EventBody } from './events.ts';
import { failureText, middleOut } from './failure-text.ts';
import { flipTest, type Mended } from './flip.ts';
import { standsAlone } from './known.ts';
import { type LessonText, lessonSchema, readLesson, shortened, withoutLiterals, wordsOf } from './lesson.ts';
import { givenFiles, librariesOf, namesOf, runtimeOf } from './libraries.ts';
import type { Stop } from './limits.ts';
import type { MemoryDraft, Provenance, Witness } from './memory.ts';
import type { Stream } from './stream.ts';
import { suspicionOf } from './suspicion.ts';

/** Learning, after the program was delivered: a failure that turned into a proven pass teaches one lesson; a verified program is kept. */

/** The finished program of a session, with the step whose checks prove it. */
export interface Solved {
  program: Program;
  passed: AttemptRecord;
  frame: StepFrame;
  proof: Proof;
}

const lessonTokens = 4_000;
const notKept = 'it could not be kept';
/** The ends of a session after which there is still something to spend on learning, and the world is in order. */
const teaching: readonly Ending[] = [
  'verified',
  'not-verified',
  'max-attempts',
  'no-progress',
  'oscillation',
];

/** The last failed attempt of a step and the one that passed after it, when the failure was one of checks. */
export function mendedIn(frame: StepFrame, records: readonly AttemptRecord[]): Mended | null {
  const passed = records.at(-1);
  const failed = records.findLast((record) => record.verdict.kind === 'failed');
  if (!passed?.program || !failed?.program) return null;
  if (failed.results.every((result) => result.report.ok)) return null;
  return {
    frame,
    failed: { ...failed, program: failed.program },
    passed: { ...passed, program: passed.program },
  };
}

/**
 * Proves, distils and remembers what a session showed. What it was about stands already: a session that is stopped here keeps its end.
 * Never ends a session.
 */
export async function* learn(
  context: Context,
  stop: Stop,
  progress: { mended: readonly Mended[]; solved: Solved | null },
): Stream<EventBody> {
  if (!teaching.includes(stop.ending)) return;
  try {
    for (const mended of progress.mended) yield* learnFrom(context, mended);
    if (progress.solved) yield* learnFromCorrection(context, progress.solved);
    if (stop.ending === 'verified' && progress.solved) yield* keepSolution(context, progress.solved);
  } catch (error) {
    if (!context.signal.aborted) throw error;
  }
}

/** A person had a finished program changed: where the checks of now tell the two apart, that teaches, and the old program answers no goal any more. */
async function* learnFromCorrection(context: Context, { frame, passed, proof }: Solved): Stream<EventBody> {
  const { corrects } = context.task;
  if (!corrects || proof === 'ran-clean') return;
  const found = yield* correctedIn(context, corrects, { frame, passed });
  if (!found) return;
  if ('why' in found) {
    const place = { step: frame.index, attempt: passed.attempt };
    yield { type: 'lesson.tested', ...place, ...found, diff: null };
    return;
  }
  const proven = yield* learnFrom(context, found);
  if (!proven || corrects.solution === null) return;
  const why = `a person had it changed in session ${context.session}`;
  await context.toolkit.memory.retire(corrects.solution, why);
  yield { type: 'memory.retired', id: corrects.solution, why };
}

/** Whether the flip test gave a proof; the lesson itself may still be none. */
async function* learnFrom(context: Context, mended: Mended): Stream<EventBody, boolean> {
  const place = { step: mended.frame.index, attempt: mended.passed.attempt };
  const flip = yield* flipTest(context, mended);
  const { outcome, why, runs, witness } = flip;
  yield { type: 'lesson.tested', ...place, outcome, why, runs, diff: witness?.diff ?? null };
  if (!witness) return false;
  const reply = yield* ask(context, () => ({
    purpose: 'lesson',
    // No program is written here, and its prompt says itself what is data.
    system: '',
    // The checks would only tempt it to write down what they hold.
    task: taskText({ ...context.task, checks: null }, null, null),
    turn: context.toolkit.prompt('lesson', lessonPrompt(mended, witness)),
    schema: lessonSchema,
    maxTokens: Math.min(context.toolkit.replyTokens, lessonTokens),
  }));
  const read = 'ending' in reply ? null : readLesson(reply);
  const nothing = { kind: 'lesson', text: '', kept: null } as const;
  if ('ending' in reply) {
    yield { type: 'memory.remembered', ...place, ...nothing, why: `no lesson was written: ${reply.why}` };
  } else if (!read) {
    yield { type: 'memory.remembered', ...place, ...nothing, why: 'the model gave no lesson' };
  } else {
    const draft = lessonDraft(context, mended, witness, { text: read, model: reply.model });
    yield* remember(context, place, draft, wordsOf(draft));
  }
  return true;
}

function lessonPrompt({ failed }: Mended, witness: Witness) {
  return {
    change: tag('change', middleOut(witness.diff, 4_000)),
    failure: tag('failure', middleOut(failureText(failed), 2_500)),
    diagnosis: failed.diagnosis ? tag('diagnosis', failed.diagnosis) : '',
  };
}

/** What is kept of a lesson: its words without the values of the tests, where it holds, and what proves it. */
function lessonDraft(
  context: Context,
  { frame, failed, passed }: Mended,
  witness: Witness,
  said: { text: LessonText; model: string },
): MemoryDraft & { kind: 'lesson' } {
  const data = [...frame.step.checks.files.map((file) => file.content), failureText(failed)].join('\n');
  const lesson = shortened(withoutLiterals(said.text, data, witness.diff));
  const executed = frame.step.checks.checks.flatMap((check) =>
    check.kind === 'command' ? [check.command] : [],
  );
  const suspicion = suspicionOf(wordsOf(lesson), executed);
  const { signature } = witness;
  const libraries = librariesOf([...passed.program.files, ...frame.step.checks.files], passed.program.files);
  const { language } = passed.program;
  const bound = boundTo(lesson, signature.class, signature.key);
  return {
    kind: 'lesson',
    sort: lesson.avoid ? 'pitfall' : 'fix',
    ...lesson,
    key: [failed.diagnosis, signature.key].filter(Boolean).join('\n'),
    about: context.task.corrects?.goal ?? context.task.goal,
    names: namesOf(givenFiles([...context.task.files, ...context.task.attachments], frame.step.checks)),
    signatures: [signature],
    witness,
    seenIn: [context.session],
    scope: {
      language: bound ? language : null,
      runtime: bound ? runtimeOf(language) : null,
      libraries,
      project: null,
    },
    provenance: provenance(context, passed.attempt, said.model, 'output'),
    state: suspicion ? 'candidate' : 'witnessed',
    ...(suspicion ? { note: `kept from every prompt: ${suspicion}` } : {}),
  };
}

const languageErrors =
  /\b(?:SyntaxError|IndentationError|TabError|ModuleNotFoundError|ImportError|ReferenceError|AttributeError|NameError|TypeError|UnboundLocalError|TS\d{3,5})\b/;
const languageWords =
  /\b(?:python|javascript|typescript|node(?:\.js)?|bash|shell|pytest|unittest|numpy|pandas|asyncio|asynchronous iterator|promise|undefined|null|None|NoneType|self|__\w+__|def|elif|lambda|dict|tuple|list comprehension|f-string|require\(|module\.exports|===|prototype|tsc|npm|pip)\b|\.(?:py|js|ts|mjs|sh)\b/;

/** Whether a lesson is about its language: its error or its words name something that only this language has. */
function boundTo(lesson: LessonText, errorClass: string | undefined, key: string): boolean {
  return languageErrors.test(`${errorClass ?? ''} ${key}`) || languageWords.test(wordsOf(lesson));
}

async function* keepSolution(context: Context, { program, frame, proof }: Solved): Stream<EventBody> {
  if (proof === 'ran-clean' || !standsAlone(context)) return;
  const { checks } = frame.step;
  const draft: MemoryDraft = {
    kind: 'solution',
    goal: context.task.goal,
    program,
    checks,
    proof,
    names: namesOf(checks.files),
    scope: {
      language: program.language,
      runtime: runtimeOf(program.language),
      libraries: librariesOf(program.files, program.files),
      project: null,
    },
    provenance: provenance(context, null, context.toolkit.model.id, 'executed'),
    state: 'witnessed',
  };
  yield* remember(context, { step: frame.index, attempt: 0 }, draft, context.task.goal);
}

async function* remember(
  context: Context,
  place: { step: number; attempt: number },
  draft: MemoryDraft,
  text: string,
): Stream<EventBody> {
  const done = await context.toolkit.memory.remember(draft);
  const kept = done?.operation ? done : null;
  const why = kept ? (draft.note ?? '') : done?.operation === null ? done.why : notKept;
  yield { type: 'memory.remembered', ...place, kind: draft.kind, text, kept, why };
}

function provenance(
  { session, task }: Context,
  attempt: number | null,
  model: string,
  taint: Provenance['taint'],
): Provenance {
  return { session, attempt, model, goal: task.goal, taint };
}
