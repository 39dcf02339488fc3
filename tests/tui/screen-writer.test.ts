import xterm from '@xterm/headless';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { screenWriter } from '../../src/tui/screen-writer.ts';

const columns = 30;
const rows = 12;

async function shown(terminal: InstanceType<typeof xterm.Terminal>, pending: string): Promise<string[]> {
  await new Promise<void>((resolve) => terminal.write(pending, resolve));
  const buffer = terminal.buffer.active;
  const lines = Array.from(
    { length: buffer.length },
    (_, at) => buffer.getLine(at)?.translateToString(true) ?? '',
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

const line = fc.oneof(
  fc.stringMatching(/^[a-z ]{0,30}[a-z]$/).map((text) => text.slice(0, columns)),
  fc.constantFrom('x'.repeat(columns), '漢'.repeat(columns / 2), '│ output'),
);
const frames = fc.array(
  fc.record({ kept: fc.array(line, { maxLength: 3 }), live: fc.array(line, { maxLength: rows - 1 }) }),
  { minLength: 1, maxLength: 12 },
);

it('what stays and the last frame are on the screen, in order and once, whatever came before', async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (sequence) => {
      const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
      let pending = '';
      const writer = screenWriter((text) => {
        pending += text;
      });
      const kept: string[] = [];
      for (const frame of sequence) {
        writer.draw(frame.kept, frame.live);
        kept.push(...frame.kept);
      }
      const last = sequence.at(-1)?.live ?? [];
      const expected = [...kept, ...last].map((text) => text.trimEnd());
      while (expected.at(-1) === '') expected.pop();
      expect(await shown(terminal, pending)).toEqual(expected);
      terminal.dispose();
    }),
    { numRuns: 150 },
  );
});

it('never wipes the screen or what has scrolled off, and writes only lines that changed', () => {
  let written = '';
  const writer = screenWriter((text) => {
    written += text;
  });
  writer.draw(['kept'], ['a', 'b', 'c']);
  written = '';
  writer.draw([], ['a', 'B', 'c']);
  expect(written).toContain('B');
  expect(written).not.toMatch(/\u001b\[[23]J|a|c/);
  written = '';
  writer.draw([], ['a', 'B', 'c']);
  expect(written).toBe('');
});
