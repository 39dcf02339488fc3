import stringWidth from 'string-width';
import { expect, it } from 'vitest';

const build = new URL('../.ci/build.mjs', import.meta.url);
const { plainWidths } = (await import(build.href)) as { plainWidths: string };

it('takes no character for a plain one that string-width measures otherwise, alone or beside others', () => {
  const plain = new RegExp(`^[${plainWidths}]$`);
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((one) =>
    plain.test(one),
  );
  expect(characters.length).toBeGreaterThan(1_000);
  expect(characters.filter((one) => stringWidth(one) !== 1)).toEqual([]);
  const clusters = [...new Intl.Segmenter().segment(characters.join(''))];
  expect(clusters).toHaveLength(characters.length);
  expect(stringWidth(characters.join(''))).toBe(characters.length);
});
