import { tokensOf } from '../core/limits.ts';
import type { AttemptState, SessionState, StepState } from '../core/state.ts';
import { askedOf, count, seconds } from '../words.ts';
import { attemptCard, endCard, verdictRow } from './cards.ts';
import type { Reading } from './highlight.ts';
import { beside, fixedPanel, heading, type Panel, stack } from './panels/layout.ts';
import { memoriesPanel, newsPanel } from './panels/memory.ts';
import { programPanel, writingPanel } from './panels/program.ts';
import { testsPanel } from './panels/tests.ts';
import { findingsPanel, outputPanel, sentencePanel } from './panels/words.ts';
import type { Row } from './style.ts';
import { clipRow, clipText, oneLine, spread, wrapText } from './text.ts';

export interface ViewOptions {
  width: number;
  /** Rows there are; the view takes at most so many. */
  height: number;
  reading: Reading;
  /** The output gets all the room. */
  expanded: 'output' | 'program' | null;
  /** Finished attempts as rows of the view, or not: a live session leaves them in the terminal above it. */
  finished: boolean;
  /** What turns while something is under way; '' in a replay. */
  spinner: string;
  /** Milliseconds since the session began. */
  elapsedMs: number;
}

/** Two columns from here on. */
const wideColumns = 118;

/** A session at one moment as rows: the same for a live one and for one from a journal. Pure. */
export function sessionRows(state: SessionState, options: ViewOptions): Row[] {
  const { width, height } = options;
  const top = [...(options.finished ? goalRows(state, width) : []), ...planRows(state, options)];
  const attempts = state.steps.flatMap((step) => step.attempts);
  const current = attempts.at(-1) ?? null;
  const done = options.finished ? attempts.slice(0, -1) : [];
  const end =
    options.finished && state.outcome ? endCard(state, width, Math.max(4, Math.floor(height / 2))) : [];
  const shownDone = doneRows(done, width, Math.floor(height / 4));
  const now = options.finished && state.outcome ? [] : [nowRow(state, current, options)];
  const room = Math.max(0, height - top.length - shownDone.length - now.length - end.length);
  const body = attemptRows(state, current, { ...options, height: room });
  return [...top, ...shownDone, ...now, ...body, ...end].slice(0, height).map((row) => clipRow(row, width));
}

/** Finished attempts in at most so many rows: the last ones, each with why it failed where there is room for that. */
function doneRows(attempts: readonly AttemptState[], width: number, height: number): Row[] {
  let left = height - attempts.length;
  const cards: Row[][] = [];
  for (const attempt of attempts.toReversed().slice(0, height)) {
    const [verdict = [], ...why] = attemptCard(attempt, width);
    cards.unshift(why.length <= left ? [verdict, ...why] : [verdict]);
    left -= why.length <= left ? why.length : 0;
  }
  return cards.flat();
}

/** The goal, in at most two rows. */
export function goalRows(state: SessionState, width: number): Row[] {
  const { asked, of } = askedOf(state.task?.goal ?? '');
  const rows = wrapText(oneLine(asked), width - 2, of === null ? 2 : 1).map(
    (line, at): Row => [
      { text: at === 0 ? '❯ ' : '  ', tone: 'gold' },
      { text: line, tone: 'strong' },
    ],
  );
  return of === null
    ? rows
    : [...rows, [{ text: clipText(`  a change to: ${oneLine(of)}`, width), tone: 'quiet' }]];
}

/** The plan as a checklist. A long one shows the steps around the one that is under way. */
function planRows(state: SessionState, { width, height }: ViewOptions): Row[] {
  if (!state.plan) return [];
  const at = Math.max(
    0,
    state.steps.findIndex((step) => step.passed !== true),
  );
  const most = height < 20 ? 3 : 6;
  const from = Math.max(0, Math.min(at - 1, state.steps.length - most));
  const shown = state.steps.slice(from, from + most);
  const hidden = state.steps.length - shown.length;
  const rows = shown.map((step) => stepRow(step, state, width));
  return hidden > 0 ? [...rows, [{ text: `  … ${count(hidden, 'step')} more`, tone: 'quiet' }]] : rows;
}

function stepRow(step: StepState, state: SessionState, width: number): Row {
  const begun = step.attempts.length > 0;
  const sign =
    step.passed === true
      ? ({ text: '✓ ', tone: 'good' } as const)
      : step.passed === false
        ? ({ text: '✗ ', tone: 'bad' } as const)
        : begun
          ? ({ text: '▸ ', tone: 'gold' } as const)
          : ({ text: '○ ', tone: 'quiet' } as const);
  const number = state.steps.length > 1 ? `${step.step}. ` : '';
  return spread(
    [
      sign,
      { text: `${number}${oneLine(step.title)}`, tone: begun && step.passed === null ? 'plain' : 'quiet' },
    ],
    [{ text: checksText(step), tone: step.vacuous.length > 0 ? 'warn' : 'quiet' }],
    width,
  );
}

function checksText({ checks, red, vacuous }: StepState): string {
  const total = checks?.checks.length ?? 0;
  if (total === 0) return '  no checks';
  const [first] = checks?.checks ?? [];
  const whose = first?.origin === 'user' ? 'your ' : '';
  if (vacuous.length > 0) return `  ${whose}${count(total, 'check')}, ${vacuous.length} prove nothing`;
  return red.length > 0
    ? `  ${whose}${count(total, 'check')}, red first`
    : `  ${whose}${count(total, 'check')}`;
}

/** What is under way, in a line. */
function nowRow(state: SessionState, current: AttemptState | null, options: ViewOptions): Row {
  const limit = state.task?.budgets.attempts;
  const attempt = current ? `attempt ${current.attempt}${limit ? ` of ${limit}` : ''} · ` : '';
  const spinner = options.spinner === '' ? '' : `${options.spinner} `;
  const retry = state.asking?.retry;
  const what = `${spinner}${attempt}${doing(state)}`;
  if (retry)
    return [
      { text: `${what} · ${oneLine(retry.failure.message)} Trying again (${retry.number}).`, tone: 'warn' },
    ];
  return [
    { text: what, tone: 'gold' },
    { text: ` · ${seconds(options.elapsedMs)} · ${tokensOf(state.usage)} tokens`, tone: 'quiet' },
  ];
}

function doing(state: SessionState): string {
  const isOver = state.steps.length > 0 && state.steps.every((step) => step.passed === true);
  if (state.running && isOver)
    return `proving what was learned: ${oneLine(state.running.check ?? 'the program')}`;
  if (state.running)
    return `running ${state.running.check === null ? 'the program' : oneLine(state.running.check)}`;
  if (state.asking)
    return { plan: 'planning', code: 'writing the program', diagnose: 'working out why', lesson: 'learning' }[
      state.asking.purpose
    ];
  return {
    starting: 'starting',
    planning: 'planning',
    writing: 'writing',
    running: 'running',
    reflecting: 'reflecting',
    ended: 'ended',
  }[state.phase];
}

function attemptRows(state: SessionState, current: AttemptState | null, options: ViewOptions): Row[] {
  const { width, height, expanded } = options;
  if (height < 1) return [];
  const wide = width >= wideColumns && expanded === null && hasCode(state, current);
  const rightWidth = wide ? Math.floor((width - 3) * 0.48) : width;
  const leftWidth = wide ? width - 3 - rightWidth : width;
  const program = programOf(state, current, options);
  const output = outputOf(state, current, expanded === 'output');
  if (expanded === 'output') return stack(output, width, height);
  if (expanded === 'program') return stack(program, width, height);
  const told = toldOf(state, current, rightWidth);
  if (wide)
    return beside(
      stack(program, leftWidth, height),
      stack([...told, ...output], rightWidth, height),
      leftWidth,
      rightWidth,
    );
  // Narrow screens: what was found comes before the code it was found in.
  return stack(
    state.running && !current?.verdict ? [...output, ...told, ...program] : [...told, ...output, ...program],
    width,
    height,
  );
}

/** Whether there is something for the left column. */
function hasCode({ asking }: SessionState, current: AttemptState | null): boolean {
  return Boolean(current?.program) || (asking !== null && asking.text !== '');
}

function programOf(state: SessionState, current: AttemptState | null, { reading }: ViewOptions): Panel[] {
  const writing =
    state.asking && state.asking.text !== ''
      ? [
          writingPanel(
            state.asking.text,
            { plan: 'plan', code: 'writing', diagnose: 'why', lesson: 'lesson' }[state.asking.purpose],
          ),
        ]
      : [];
  if (!current?.program) return writing;
  const before = programBefore(state, current);
  const findings = current.scan?.findings ?? [];
  return [...writing, programPanel(current.program, { before, findings, reading })];
}

/** The last program of the same step before this attempt. */
export function programBefore(state: SessionState, current: AttemptState) {
  const step = state.steps.find((one) => one.attempts.includes(current));
  const earlier = step?.attempts.slice(0, step.attempts.indexOf(current)) ?? [];
  return earlier.findLast((one) => one.program !== null)?.program ?? null;
}

function outputOf(state: SessionState, current: AttemptState | null, expanded: boolean): Panel[] {
  const { running } = state;
  if (running && (running.check === null || expanded || running.stdout + running.stderr !== '')) {
    const what =
      running.check === null ? `output (${oneLine(running.runner)})` : `output of ${oneLine(running.check)}`;
    return [outputPanel({ ...running, ended: null, what }, expanded)];
  }
  const run = current?.run;
  if (!run) return [];
  return [
    outputPanel(
      { stdout: run.stdout, stderr: run.stderr, ended: run, what: `output (${run.sandbox.level})` },
      expanded,
    ),
  ];
}

function toldOf(state: SessionState, current: AttemptState | null, width: number): Panel[] {
  const panels: Panel[] = [];
  if (current?.verdict) panels.push(fixedPanel([verdictRow(current, width)]));
  if (current?.diagnosis) panels.push(sentencePanel('why', current.diagnosis.text, 'gold', width));
  if (current && (current.reports.length > 0 || state.running?.check))
    panels.push(testsPanel(current.reports, state.running?.check ?? null, width));
  if (current?.scan) panels.push(findingsPanel(current.scan.findings, scanText(current), width));
  if (current) panels.push(memoriesPanel(current, 'the next attempt', width));
  if (state.solution !== null && attempts(state) < 2) panels.push(solutionPanel(state.solution, width));
  if (!current || current.attempt === 1) panels.push(memoriesPanel(state, 'the plan', width));
  panels.push(newsPanel(state.memoryNews, width));
  if (!current && state.plan) panels.push(approachPanel(state.plan.approach, width));
  return panels;
}

function attempts(state: SessionState): number {
  return state.steps.reduce((sum, step) => sum + step.attempts.length, 0);
}

/** This very goal was met before. */
function solutionPanel(id: string, width: number): Panel {
  const words = `This goal was met before: the program of ${oneLine(id)} is proven again.`;
  return fixedPanel(
    wrapText(words, width - 2, 2).map((line, at) => [
      { text: at === 0 ? '◆ ' : '  ', tone: 'gold' },
      { text: line, tone: 'plain' },
    ]),
  );
}

function approachPanel(approach: string, width: number): Panel {
  const rows = wrapText(approach, width, 6).map((line): Row => [{ text: line, tone: 'plain' }]);
  return fixedPanel(approach === '' ? [] : [heading('plan', width), ...rows], { least: 2 });
}

function scanText({ scan, permission }: AttemptState): string {
  const words = { allow: 'allowed', ask: 'asks', deny: 'refused' }[scan?.decision ?? 'allow'];
  const answer =
    permission === null
      ? ''
      : permission === 'nobody'
        ? ', nobody to answer'
        : permission === 'allow' || permission === 'allow-session'
          ? ', allowed by you'
          : ', denied by you';
  return `${words}${answer}`;
}
