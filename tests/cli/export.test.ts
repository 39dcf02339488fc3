import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionPage } from '../../src/cli/export-page.ts';
import type { SessionEvent } from '../../src/core/events.ts';
import { standing } from '../../src/core/standing.ts';
import { eventsOf, kintsugi, makePlace, type Place } from '../support/kintsugi.ts';
import { demoJournals, goldenJournals } from '../support/sessions.ts';

/** A page is read here by rules strict enough that text which is not escaped shows as a tag. */

interface Tag {
  name: string;
  attributes: Record<string, string>;
}

const alone = new Set(['meta', 'br', '!doctype']);

/** Every tag of a page, and its text; throws where tags do not nest. */
function parsed(page: string): { tags: Tag[]; text: string } {
  const tags: Tag[] = [];
  const open: string[] = [];
  let text = '';
  let at = 0;
  const pattern = /<(\/?)([!a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>/gy;
  while (at < page.length) {
    if (page[at] !== '<') {
      const next = page.indexOf('<', at);
      const end = next === -1 ? page.length : next;
      if (open.at(-1) !== 'style') text += page.slice(at, end);
      at = end;
      continue;
    }
    pattern.lastIndex = at;
    const found = pattern.exec(page);
    if (!found) throw new Error(`no tag: ${page.slice(at, at + 80)}`);
    const [whole, closes, name = '', rest = ''] = found;
    at += whole.length;
    if (closes) {
      if (open.pop() !== name) throw new Error(`</${name}> closes another tag`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...rest.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [key, value]),
    );
    tags.push({ name, attributes });
    if (!alone.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return { tags, text };
}

const plain = (text: string) =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');

const allowed =
  /^(!doctype|html|head|meta|title|style|body|a|header|main|footer|section|h[1-3]|p|dl|dt|dd|ul|ol|li|pre|code|span|strong|br|details|summary|table|thead|tbody|tr|th|td)$/;

function expectHarmless(page: string): ReturnType<typeof parsed> {
  const read = parsed(page);
  for (const { name, attributes } of read.tags) {
    expect(name).toMatch(allowed);
    for (const [key, value] of Object.entries(attributes)) {
      expect(key).not.toMatch(/^on|^src$|^style$|^srcset$/);
      if (key === 'href') expect(value).toMatch(/^#[a-z]+$/);
    }
  }
  expect(page).not.toMatch(/url\(|@import/);
  const policy = read.tags.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
  expect(plain(policy?.attributes.content ?? '')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  return read;
}

describe.each([...demoJournals(), ...goldenJournals()])('the page of $name', ({ file }) => {
  it('is whole, asks for nothing, and says what the session says', async () => {
    const events = eventsOf(file);
    const { tags, text } = expectHarmless(await sessionPage(events));
    const said = plain(text);
    for (const event of standing(events)) {
      if (event.type === 'session.started') expect(said).toContain(event.task.goal);
      if (event.type === 'diagnosis.made') expect(said).toContain(event.diagnosis.text);
      if (event.type === 'session.ended') expect(said).toContain(event.outcome.why);
      if (event.type === 'plan.made') for (const step of event.plan.steps) expect(said).toContain(step.title);
      if (event.type === 'tests.reported' && event.attempt > 0)
        for (const test of event.report.cases) expect(said).toContain(test.name);
    }
    const attempts = new Set(
      events.flatMap((event) => (event.type === 'attempt.started' ? [event.attempt] : [])),
    );
    expect(tags.filter(({ name }) => name === 'summary').length).toBeGreaterThanOrEqual(attempts.size);
    const scrolls = tags.filter(({ name, attributes }) => name === 'pre' && 'aria-label' in attributes);
    for (const pre of scrolls) expect(pre.attributes.tabindex).toBe('0');
  });
});

it('text of programs, models and people stays text, whatever it is made of', async () => {
  const nasty =
    '</pre></style><script>fetch("//x")</script><img src=x onerror=1>&amp;"\'\u001b[31m\u202e\u0000';
  const python = goldenJournals().find(({ name }) => name === 'python');
  const events = eventsOf(python?.file ?? '').map((event): SessionEvent => {
    const text = JSON.stringify(event, (key, value) =>
      typeof value === 'string' &&
      [
        'goal',
        'title',
        'stdout',
        'text',
        'content',
        'name',
        'message',
        'expected',
        'actual',
        'why',
        'key',
        'path',
        'model',
        'approach',
      ].includes(key)
        ? `${value}${nasty}`
        : value,
    );
    return JSON.parse(text) as SessionEvent;
  });
  const page = await sessionPage(events);
  const { text } = expectHarmless(page);
  expect(plain(text)).toContain('<script>fetch("//x")</script>');
  expect(page).not.toMatch(/[\u0000\u001b\u202e]/);
});

describe('kintsugi export', () => {
  let place: Place;
  const python = goldenJournals().find(({ name }) => name === 'python')?.file ?? '';
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  it('writes the page where it is told, and over nothing that is there', async () => {
    const first = await kintsugi(place, ['export', python, '--html', 'page.html']);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    const page = readFileSync(path.join(place.cwd, 'page.html'), 'utf8');
    expectHarmless(page);
    const again = await kintsugi(place, ['export', python, '--html', 'page.html']);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain('is there already');
    expect((await kintsugi(place, ['export', python, '--html', 'page.html', '--force'])).code).toBe(0);
    const piped = await kintsugi(place, ['export', python, '--html']);
    expect(piped).toMatchObject({ code: 0, stdout: page });
  });

  it('without a form it is a usage error, and so is a session that is not there', async () => {
    expect(await kintsugi(place, ['export', python])).toMatchObject({ code: 2, stdout: '' });
    expect(await kintsugi(place, ['export', 'nothing', '--html'])).toMatchObject({ code: 2, stdout: '' });
  });
});
