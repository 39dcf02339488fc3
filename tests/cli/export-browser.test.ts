import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sessionPage } from '../../src/cli/export-page.ts';
import { noBrowser, openPage, type Page } from '../support/browser.ts';
import { eventsOf } from '../support/kintsugi.ts';
import { demoJournals } from '../support/sessions.ts';

/** The exported page in a real browser. */

describe.skipIf(noBrowser !== null)(
  `an exported page in Chromium${noBrowser ? ` (skipped: ${noBrowser})` : ''}`,
  { timeout: 300_000 },
  () => {
    let folder: string;
    let address: string;
    let page: Page;
    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-page-'));
      const file = path.join(folder, 'session.html');
      const journal = demoJournals().find(({ name }) => name === 'durations')?.file ?? '';
      writeFileSync(file, await sessionPage(eventsOf(journal)));
      address = pathToFileURL(file).href;
      page = await openPage();
      await page.send('Page.navigate', { url: address });
      await vi.waitFor(async () => expect(await page.value('document.readyState')).toBe('complete'), 120_000);
    }, 300_000);
    afterAll(async () => {
      await page?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('says nothing on the console and asks for nothing but itself', async () => {
      expect(await page.value('document.title')).toContain('parse durations');
      expect(
        page.events.filter(({ method }) =>
          /^(?:Log\.entryAdded|Runtime\.(?:console|exception))/.test(method),
        ),
      ).toEqual([]);
      const asked = page.events
        .filter(({ method }) => method === 'Network.requestWillBeSent')
        .map(({ params }) => (params as { request: { url: string } }).request.url);
      expect(new Set(asked)).toEqual(new Set([address]));
    });

    it('is light and dark as the reader has it, each with enough contrast, and fits a narrow screen', async () => {
      const colours = async (scheme: string) => {
        await page.send('Emulation.setEmulatedMedia', {
          features: [{ name: 'prefers-color-scheme', value: scheme }],
        });
        return (await page.value(`(() => {
          const of = (at) => { const style = getComputedStyle(at); return [style.color, style.backgroundColor]; };
          return JSON.stringify([of(document.body), ...['.soft', '.good', '.bad'].map((one) => [getComputedStyle(document.querySelector(one)).color, of(document.body)[1]])]);
        })()`)) as string;
      };
      const [light, dark] = [await colours('light'), await colours('dark')];
      expect(light).not.toBe(dark);
      for (const pairs of [light, dark])
        for (const [ink, paper] of JSON.parse(pairs) as [string, string][])
          expect(contrast(ink, paper)).toBeGreaterThanOrEqual(4.5);
      await page.send('Emulation.setDeviceMetricsOverride', {
        width: 360,
        height: 700,
        deviceScaleFactor: 1,
        mobile: false,
      });
      expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });

    it('is reached with the keyboard alone: the skip link first, then every attempt, which Space opens and closes', async () => {
      const press = async (key: string, code: number, text = '') => {
        await page.send('Input.dispatchKeyEvent', {
          type: 'keyDown',
          key,
          windowsVirtualKeyCode: code,
          ...(text ? { text } : {}),
        });
        await page.send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode: code });
      };
      const reached: unknown[] = [];
      for (let presses = 0; presses < 40; presses += 1) {
        await press('Tab', 9);
        reached.push(
          await page.value(
            'document.activeElement.matches("summary") ? document.activeElement.textContent : document.activeElement.className || document.activeElement.tagName',
          ),
        );
      }
      expect(reached[0]).toBe('skip');
      for (const attempt of [1, 2, 3])
        expect(reached.some((one) => String(one).startsWith(`attempt ${attempt}`))).toBe(true);
      await page.value('document.querySelector("summary").focus()');
      await press(' ', 32, ' ');
      expect(await page.value('document.querySelector("details").open')).toBe(false);
    });
  },
);

/** Contrast of two colours as WCAG 2.1 has it. */
function contrast(one: string, other: string): number {
  const light = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = [...colour.matchAll(/[\d.]+/g)].slice(0, 3).map(([value]) => {
      const share = Number(value) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [a, b] = [light(one), light(other)].sort((x, y) => y - x) as [number, number];
  return (a + 0.05) / (b + 0.05);
}
