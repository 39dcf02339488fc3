import { createHash } from 'node:crypto';
import type { Finding, Program, RecalledMemory, TestCase } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import { tokensOf } from '../core/limits.ts';
import { type AttemptState, initialState, reduce, type SessionState, type StepState } from '../core/state.ts';
import { askedOf, count, runText, seconds } from '../words.ts';
import { type CodeText, loadCodeText } from './export-code.ts';
import { pageStyle } from './export-style.ts';
import { type Html, html } from './html.ts';

/**
 * One session as a page of its own: no script, and a policy that lets nothing be loaded. The text is that of the journal, redacted as it
 * stands there, and escaped.
 */
export async function sessionPage(events: readonly SessionEvent[]): Promise<string> {
  const state = events.reduce(reduce, initialState);
  const code = await loadCodeText();
  const hash = createHash('sha256').update(pageStyle).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const { asked: goal, of } = askedOf(state.task?.goal ?? '');
  const title = goal.split('\n')[0]?.slice(0, 100) ?? '';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} · kintsugi</title>
<style>${{ html: pageStyle }}</style>
</head>
<body>
<a class="skip" href="#attempts">To the attempts</a>
<header>
<h1>${goal}</h1>${of !== null && html`<p class="soft">a change to: ${of}</p>`}
${outcomePart(state)}
${factsPart(state)}
</header>
<main>
${planPart(state)}
${memoriesPart('Recalled for the plan', state.recalled)}
${memoriesPart('Left out on purpose for the plan, to measure memory', state.heldOut)}
<h2 id="attempts">Attempts</h2>
${state.steps.map((step) => step.attempts.map((attempt, at) => attemptPart(state, step, at, attempt, code)))}
${newsPart(state)}
${deliveryPart(state)}
</main>
<footer class="soft"><p>Made by kintsugi ${state.version} from the journal of session ${state.session}.</p></footer>
</body>
</html>
`;
  return page.html;
}

function outcomePart({ outcome }: SessionState): Html {
  if (!outcome) return html`<p class="warn">The session was cut off and has no end.</p>`;
  const good = outcome.ending === 'verified';
  return html`<p class="${good ? 'good' : 'bad'}"><strong>${outcome.ending}</strong>: ${outcome.why}</p>`;
}

function factsPart(state: SessionState): Html {
  const { usage, outcome, task } = state;
  const ms = state.startedAt && state.lastAt ? Date.parse(state.lastAt) - Date.parse(state.startedAt) : 0;
  const facts: [string, string][] = [
    ['session', state.session],
    ['began', state.startedAt ?? ''],
    ['took', seconds(ms)],
    ['model', state.model],
    [
      'attempts',
      `${outcome?.attempts ?? state.steps.flatMap((step) => step.attempts).length} of at most ${task?.budgets.attempts ?? '?'} a step`,
    ],
    [
      'tokens',
      `${tokensOf(usage)} (${usage.inputTokens} in, ${usage.outputTokens} out, ${usage.cacheReadTokens} from the cache)`,
    ],
    ['cost', state.costUsd === null ? 'not known' : `$${state.costUsd.toFixed(4)}`],
  ];
  const fork = state.forkedFrom;
  if (fork) facts.push(['forked from', `${fork.session} at event ${fork.seq}`]);
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function planPart({ plan, steps }: SessionState): Html | null {
  if (!plan) return null;
  const sign = ({ passed }: StepState) => (passed === true ? '✓' : passed === false ? '✗' : '○');
  return html`<section><h2>Plan</h2>
<p>${plan.approach} <span class="soft">(${plan.language})</span></p>
<ol class="plan">${steps.map(
    (step) => html`<li>${sign(step)} ${step.title}
${
  step.checks &&
  html`<ul>${step.checks.checks.map(
    (check) =>
      html`<li>check of the ${check.origin}: ${check.name}${step.vacuous.includes(check.name) && html` <span class="warn">(proves nothing: it passed against an empty program)</span>`}</li>`,
  )}</ul>`
}</li>`,
  )}</ol></section>`;
}

function memoriesPart(title: string, memories: readonly RecalledMemory[]): Html | null {
  if (memories.length === 0) return null;
  return html`<section><h3>${title}</h3><ul>${memories.map(
    (memory) =>
      html`<li><span class="gold">${memory.kind}, ${memory.trust}${memory.seen !== undefined && `, seen in ${count(memory.seen, 'session')}`}${memory.scope !== undefined && `, ${memory.scope}`}</span> <span class="soft">${memory.id}</span><br>${memory.text}${memory.why !== undefined && html`<br><span class="soft">because ${memory.why}</span>`}</li>`,
  )}</ul></section>`;
}

/** What memory did: lessons tried and kept, memories credited and taken out of use. */
function newsPart({ memoryNews, solution }: SessionState): Html | null {
  const items = memoryNews.flatMap((news): Html[] => {
    switch (news.type) {
      case 'lesson.tested':
        return [
          html`<li>The fix of attempt ${news.attempt} is <strong>${news.outcome === 'witnessed' ? 'proven' : `not proven (${news.outcome})`}</strong>: ${news.why}${news.diff !== null && html`<pre tabindex="0" aria-label="what the fix hangs on">${news.diff}</pre>`}</li>`,
        ];
      case 'memory.remembered':
        return news.kept
          ? [
              html`<li><span class="gold">${news.kind}, ${news.kept.state}</span> <span class="soft">${news.kept.id} (${news.kept.operation})</span><br>${news.text}</li>`,
            ]
          : [html`<li class="soft">No ${news.kind} was kept: ${news.why}</li>`];
      case 'memory.retired':
        return [html`<li class="warn">${news.id} is out of use: ${news.why}</li>`];
      case 'memory.credited':
        return news.changed.map(({ id, state, why }) => html`<li>${id} is ${state} now: ${why}</li>`);
      default:
        return news satisfies never;
    }
  });
  if (items.length === 0 && solution === null) return null;
  return html`<section><h2>Memory</h2>${solution !== null && html`<p>This goal was met before: the program of ${solution} is proven again.</p>`}<ul>${items}</ul></section>`;
}

function attemptPart(
  state: SessionState,
  step: StepState,
  at: number,
  attempt: AttemptState,
  code: CodeText,
): Html {
  const before = step.attempts.slice(0, at).findLast((one) => one.program !== null)?.program ?? null;
  const { verdict, program, scan, run, reports, diagnosis, permission } = attempt;
  const isLast = step === state.steps.at(-1) && at === step.attempts.length - 1;
  const open = isLast || verdict?.kind !== 'passed';
  const how =
    verdict === null
      ? 'was cut off'
      : verdict.kind === 'passed'
        ? 'passed'
        : verdict.kind === 'failed'
          ? `failed: ${verdict.signature.key}`
          : verdict.kind === 'blocked'
            ? 'was refused before it ran'
            : `could not be read: ${verdict.why}`;
  return html`<details${open && { html: ' open' }}><summary>${state.steps.length > 1 && `Step ${step.step}, `}attempt ${attempt.attempt} <span class="${verdict?.kind === 'passed' ? 'good' : 'bad'}">${how}</span></summary>
${permission && html`<p>Asked whether it may run: <strong>${permission}</strong>.</p>`}
${program && programPart(program, before, scan?.findings ?? [], code)}
${run && html`<h3>Output <span class="soft">${runText(run)}, sandbox ${run.sandbox.level}</span></h3>${run.stdout !== '' && html`<pre tabindex="0" aria-label="standard output">${run.stdout}</pre>`}${run.stderr !== '' && html`<pre tabindex="0" aria-label="standard error" class="warn">${run.stderr}</pre>`}`}
${reports.map(({ check, report }) => report && html`<h3>${report.ok ? '✓' : '✗'} Check ${check} <span class="soft">${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped</span></h3><ul>${report.cases.map(casePart)}</ul>`)}
${diagnosis && html`<h3>Why</h3><p>${diagnosis.text}</p>`}
${memoriesPart('Recalled for the next attempt', attempt.recalled)}
${memoriesPart('Left out on purpose for the next attempt, to measure memory', attempt.heldOut)}
</details>
`;
}

function casePart(one: TestCase): Html {
  const sign = one.status === 'passed' ? '✓' : one.status === 'failed' ? '✗' : '–';
  const tone = one.status === 'passed' ? 'good' : one.status === 'failed' ? 'bad' : 'soft';
  const compared =
    one.expected !== undefined &&
    one.actual !== undefined &&
    html`<table><thead><tr><th scope="col">expected</th><th scope="col">got</th></tr></thead><tbody><tr><td><pre>${one.expected}</pre></td><td><pre>${one.actual}</pre></td></tr></tbody></table>`;
  const message =
    !compared && one.status === 'failed' && one.message && html`<pre tabindex="0">${one.message}</pre>`;
  return html`<li><span class="${tone}">${sign} ${one.name}</span>${one.frame && html` <span class="soft">${one.frame.file}:${one.frame.line}</span>`}${compared}${message}</li>`;
}

function programPart(
  program: Program,
  before: Program | null,
  findings: readonly Finding[],
  code: CodeText,
): Html {
  const gone = before?.files.filter((old) => !program.files.some((file) => file.path === old.path)) ?? [];
  const files = program.files.map((file) => {
    const old = before?.files.find((one) => one.path === file.path);
    const found = findings.filter((finding) => finding.file === file.path);
    const same = old?.content === file.content;
    const body =
      before && !same
        ? code.diff(old?.content ?? '', file.content, program.language, found)
        : code.whole(file.content, program.language, found);
    return html`<h3><code>${file.path}</code>${before && html` <span class="soft">${same ? 'unchanged' : old ? 'changed' : 'new'}</span>`}</h3>${body}`;
  });
  const told = findings.filter((finding) => finding.severity !== 'note').length;
  return html`${files}${gone.map((old) => html`<h3><code>${old.path}</code> <span class="soft">removed</span></h3>`)}${told > 0 && html`<p class="warn">${count(told, 'finding')} of the scanner, below their lines.</p>`}`;
}

function deliveryPart({ delivery }: SessionState): Html | null {
  if (!delivery?.directory && !delivery?.refused) return null;
  return delivery.refused
    ? html`<p class="bad">Not written: ${delivery.refused}</p>`
    : html`<p>Wrote ${delivery.files.join(', ')} to <code>${delivery.directory}</code>.</p>`;
}
