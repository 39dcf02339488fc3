import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRedactor } from '../../src/journal/redact.ts';
import { salt } from './samples.ts';

const values = [
  'tr0ub4dor&3',
  'secret',
  'summer',
  'p@ss "wörd"\nof two lines, the second longer',
  'sk-ant',
  '12345678',
  'deadbeef',
];
const env = Object.fromEntries(values.map((value, index) => [`V${index}_PASSWORD`, value]));
const redact = makeRedactor({ env, dotenv: { OTHER: 'battery-staple-9' }, salt });
const key = `sk-ant-${'api03-'}Ab3dEf6hIj9kLmN0pQrStUvWxYz12`;
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n'.repeat(4)}-----END RSA PRIVATE KEY-----\n`;

const piece = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(...values, key, pem, 'battery-staple-9', '<secret:env:deadbeef>', '<secret:', ':deadbeef>'),
  fc.constantFrom(
    'token=',
    'api_key: "',
    'Authorization: Bearer ',
    'https://user:',
    '@host/',
    '-----BEGIN PRIVATE KEY-----',
    '\n',
    ' ',
    '"',
    'q8Zr2LxT0vPnE5sWb7KdYc3H',
    'ghp_',
    'sk-',
    'eyJ',
    '.',
  ),
);
const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));

/** The text cut at random places. */
const inPieces = fc.tuple(text, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, cuts]) => {
  const places = [
    0,
    ...cuts.map((cut) => cut % (whole.length + 1)).sort((one, other) => one - other),
    whole.length,
  ];
  return { whole, pieces: places.slice(1).map((end, index) => whole.slice(places[index], end)) };
});

describe('redaction', { timeout: 30_000 }, () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(text, (input) => {
        const once = redact.text(input);
        expect(redact.text(once)).toBe(once);
      }),
      { numRuns: 1500 },
    );
  });

  it('leaves no secret that stands free in a text', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('tr0ub4dor&3', 'battery-staple-9', key),
        (before, after, secret) => {
          expect(redact.text(`${before} ${secret} ${after}`)).not.toContain(secret);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('leaves data of JSON as it is but for its secrets', () => {
    const plain = makeRedactor({ env: {}, dotenv: {}, salt });
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(JSON.stringify(plain.value(value))).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it('gives in pieces no secret that it takes out of the whole', () => {
    fc.assert(
      fc.property(inPieces, fc.boolean(), ({ pieces }, settling) => {
        const chunks = redact.chunks();
        let output = '';
        for (const part of pieces) {
          output += chunks.push(part);
          if (settling) output += chunks.settle();
        }
        output += chunks.end();
        for (const secret of [
          'tr0ub4dor&3',
          'battery-staple-9',
          key,
          'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj',
        ]) {
          if (!redact.text(pieces.join('')).includes(secret)) expect(output).not.toContain(secret);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('gives text without secrets in pieces as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), (parts) => {
        const chunks = makeRedactor({ env: {}, dotenv: {}, salt }).chunks();
        const output = parts.map((part) => chunks.push(part) + chunks.settle()).join('') + chunks.end();
        expect(output).toBe(parts.join(''));
      }),
      { numRuns: 300 },
    );
  });

  it('is not slowed down by text made to slow it down', () => {
    const seconds = (input: string) => {
      const start = performance.now();
      redact.text(input);
      return (performance.now() - start) / 1000;
    };
    const base = seconds('an ordinary line of a program = 1;\n'.repeat(6_000));
    for (const unit of [
      'eyJaaaaaaaaa.',
      'eyJ',
      'token=',
      'token',
      'token=abcdefghijklmnopqrstuv1',
      '://a:',
      '-----BEGIN PRIVATE KEY-----!',
      '-----BEGIN PRIVATE KEY-----a',
      'sk-',
      'sk-a',
      'Bearer ',
      '<secret:',
      'tr0ub4dor',
      key,
    ]) {
      const taken = seconds(unit.repeat(Math.ceil(200_000 / unit.length)));
      expect(taken, unit).toBeLessThan(Math.max(1, base * 60));
    }
  });
});

describe('redaction in pieces', () => {
  it('finds a secret cut in two, and a key over many lines', () => {
    const chunks = redact.chunks();
    expect(chunks.push('the key is sk-ant-api03-Ab3dEf6h')).toBe('');
    expect(chunks.settle()).toBe('the key is ');
    expect(chunks.push('Ij9kLmN0pQrStUvWxYz12 ok\nnext')).toMatch(/^<secret:anthropic:\w{8}> ok\n$/);
    let output = '';
    for (const line of pem.split(/(?<=\n)/)) output += chunks.push(line);
    output += chunks.end();
    expect(output).toMatch(/^next<secret:private-key:\w{8}>\n$/);
  });

  it('passes a whole line on at once, and a prompt when it settles', () => {
    const chunks = redact.chunks();
    expect(chunks.push('one\ntwo\nthr')).toBe('one\ntwo\n');
    expect(chunks.push('ee\nYour name? ')).toBe('three\n');
    expect(chunks.settle()).toBe('Your name? ');
    expect(chunks.settle()).toBe('');
    expect(chunks.end()).toBe('');
  });

  it('holds a line with the name of a credential back until it is whole', () => {
    const chunks = redact.chunks();
    expect(chunks.push('api_key = ')).toBe('');
    expect(chunks.settle()).toBe('');
    expect(chunks.push('"q8Zr2LxT0vPnE5sWb7KdYc3H"\n')).toMatch(/^api_key = "<secret:entropy:\w{8}>"\n$/);
    expect(chunks.push('password =\n')).toBe('');
    expect(chunks.push('  "q8Zr2LxT0vPnE5sWb7KdYc3H"\n')).toMatch(
      /^password =\n {2}"<secret:entropy:\w{8}>"\n$/,
    );
  });

  it('passes on a line without an end in parts, secrets at the seams taken out', () => {
    const chunks = redact.chunks();
    const unit = `some words and then ${key} `;
    let output = '';
    for (let index = 0; index < 8_000; index += 1) output += chunks.push(unit);
    expect(output.length).toBeGreaterThan(100_000);
    output += chunks.end();
    expect(output.includes('api03')).toBe(false);
    expect(output.match(/<secret:anthropic:/g)).toHaveLength(8_000);
  });
});
