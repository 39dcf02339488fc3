import { count } from '../../words.ts';
import type { App } from '../app.ts';
import { type Overlay, scrollingView } from '../overlay.ts';
import { heading } from '../panels/layout.ts';
import type { Row } from '../style.ts';
import { rowOf } from '../text.ts';
import { barChart, lineChart } from './charts.ts';
import { type Finding, studySessions } from './study.ts';

/** How sessions went over time, those with memory on and those with it off. */
export function statsView(app: App): Overlay {
  const stop = new AbortController();
  let said = 'reading the journals …';
  let study: { findings: Finding[]; unreadable: number } | null = null;
  const progress = (read: number, of: number) => {
    said = `reading journal ${read + 1} of ${of} …`;
    app.changed();
  };
  studySessions(app.desk.logs, progress, stop.signal)
    .then((found) => {
      study = found;
    })
    .catch((error: unknown) => {
      said = error instanceof Error ? error.message : String(error);
    })
    .finally(app.changed);
  const view = scrollingView('how it went', (width) =>
    study ? statsRows(study, width) : [rowOf(said, 'quiet')],
  );
  return { ...view, dispose: () => stop.abort(new Error('the view was closed')) };
}

/** The whole study as rows. Pure. */
export function statsRows(
  { findings, unreadable }: { findings: readonly Finding[]; unreadable: number },
  width: number,
): Row[] {
  if (findings.length === 0)
    return [rowOf('No session has come to an end yet; there is nothing to count.', 'quiet')];
  const verified = findings.filter((finding) => finding.verified);
  const left = unreadable > 0 ? `, ${unreadable} could not be read` : '';
  return [
    rowOf(`${count(findings.length, 'session')}${left}, ${verified.length} verified`, 'strong'),
    rowOf(''),
    ...groupRows(findings, width),
    heading('solved at the first try, mean of the last 10', width),
    ...curves(findings, (finding) => (finding.firstTry ? 1 : 0), {
      width,
      top: 1,
      label: (value) => `${Math.round(value * 100)}%`,
    }),
    ...legend(findings),
    rowOf(''),
    heading('attempts to pass, mean of the last 10', width),
    ...curves(findings, (finding) => (finding.verified ? finding.attempts : null), {
      width,
      top: Math.max(2, ...verified.map(({ attempts }) => attempts)),
      label: (value) => String(value),
    }),
    rowOf(''),
    heading('errors by class', width),
    ...errorRows(findings, width),
    rowOf(''),
    heading('tokens a session', width),
    ...tokenRows(findings, width),
  ];
}

function groupRows(findings: readonly Finding[], width: number): Row[] {
  const entries = [true, false].flatMap((memory) => {
    const group = findings.filter((finding) => finding.memory === memory);
    if (group.length === 0) return [];
    const firstTry = group.filter((finding) => finding.firstTry).length;
    return [
      {
        label: memory ? 'first try, memory on' : 'first try, memory off',
        value: firstTry / group.length,
        text: `${firstTry} of ${group.length}`,
      },
    ];
  });
  return [
    ...barChart([...entries, { label: 'all', value: 1, text: '' }], width, 'gold').slice(0, entries.length),
    rowOf(''),
  ];
}

function curves(
  findings: readonly Finding[],
  value: (finding: Finding) => number | null,
  options: { width: number; top: number; label: (value: number) => string },
): Row[] {
  const line = (memory: boolean) =>
    runningMean(
      findings.map((one) => (one.memory === memory ? value(one) : null)),
      10,
    );
  return lineChart(
    [
      { values: line(false), mark: '○', line: '┄', tone: 'link' },
      { values: line(true), mark: '●', line: '─', tone: 'gold' },
    ],
    { ...options, height: 6 },
  );
}

function legend(findings: readonly Finding[]): Row[] {
  const has = (memory: boolean) => findings.some((finding) => finding.memory === memory);
  return [
    [
      { text: '  ', tone: 'plain' },
      { text: has(true) ? '● memory on  ' : '', tone: 'gold' },
      { text: has(false) ? '○ memory off' : '', tone: 'link' },
    ],
  ];
}

/** The mean of the last values that are known, at each place where one is. */
function runningMean(values: readonly (number | null)[], most: number): (number | null)[] {
  const last: number[] = [];
  return values.map((value) => {
    if (value === null) return null;
    last.push(value);
    if (last.length > most) last.shift();
    return last.reduce((sum, one) => sum + one, 0) / last.length;
  });
}

function errorRows(findings: readonly Finding[], width: number): Row[] {
  const counts = new Map<string, number>();
  for (const name of findings.flatMap(({ failures }) => failures))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return [rowOf('  no attempt has failed', 'quiet')];
  const entries = [...counts].sort(([, one], [, other]) => other - one).slice(0, 10);
  return barChart(
    entries.map(([label, value]) => ({ label, value, text: String(value) })),
    width,
    'bad',
  );
}

function tokenRows(findings: readonly Finding[], width: number): Row[] {
  const tokens = findings.map((finding) => finding.tokens);
  const usd = findings.reduce<number | null>(
    (sum, finding) => (sum === null || finding.usd === null ? null : sum + finding.usd),
    0,
  );
  const total = tokens.reduce((sum, one) => sum + one, 0);
  const recent = findings.slice(-10).map((finding) => ({
    label: finding.at.slice(5, 16).replace('T', ' '),
    value: finding.tokens,
    text: `${finding.tokens}${finding.usd === null ? '' : ` $${finding.usd.toFixed(4)}`}`,
  }));
  return [
    ...barChart(recent, width, 'link'),
    rowOf(
      `  ${total} tokens in all, ${usd === null ? 'of unknown cost in part' : `$${usd.toFixed(4)}`}`,
      'quiet',
    ),
  ];
}
