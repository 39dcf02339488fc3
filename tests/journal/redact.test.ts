import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeRedactor } from '../../src/journal/redact.ts';
import { salt } from './samples.ts';

const none = makeRedactor({ env: {}, dotenv: {}, salt });
const pemBody = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n'.repeat(3);
const pem = `-----BEGIN PRIVATE KEY-----\n${pemBody}-----END PRIVATE KEY-----`;

/** A place of a template in somebody's program. */
const hole = (name: string) => ['$', '{', name, '}'].join('');

/** Secrets put together at run time, so that no scanner takes this file for a leak. */
const known: [string, string][] = [
  ['anthropic', `sk-ant-${'api03-'}Ab3dEf6hIj9kLmN0pQrStUvWxYz1234567890-_AA`],
  ['openai', `sk-${'proj-'}Ab3dEf6hIj9kLmN0pQrStUvWxYz123456`],
  ['openai', `sk-${'Ab3dEf6hIj9kLmN0pQrStUvWxYz123456'}`],
  ['github', `ghp_${'Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789'}`],
  ['github', `gho_${'Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789'}`],
  ['github', `github_pat_${'11ABCDEFG0abcdefghijkl_MnOpQrStUvWxYz0123456789'}`],
  ['gitlab', `glpat-${'Ab3dEf6hIj9kLmN0pQrS'}`],
  ['aws', `AKIA${'IOSFODNN7EXAMPLE'}`],
  ['aws', `ASIA${'IOSFODNN7EXAMPLE'}`],
  ['google', `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'}`],
  ['slack', `xoxb-${'123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx'}`],
  ['slack', `hooks.slack.com/services/${'T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX'}`],
  ['stripe', `sk_live_${'Ab3dEf6hIj9kLmN0pQrStUvW'}`],
  ['npm', `npm_${'Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789'}`],
  ['pypi', `pypi-${'AgEIcHlwaS5vcmcCJDEyMzQ1Njc4LTEyMzQtMTIzNC0xMjM0'}`],
  ['huggingface', `hf_${'AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh'}`],
  [
    'jwt',
    `eyJ${'hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0'}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U`,
  ],
  ['private-key', pem],
  ['private-key', pem.replace(/\n/g, '\\n')],
  ['private-key', pem.replace(/PRIVATE KEY/g, 'RSA PRIVATE KEY')],
  ['private-key', pem.replace(/PRIVATE KEY/g, 'OPENSSH PRIVATE KEY')],
  ['token', `SG.${'Ab3dEf6hIj9kLmN0pQrStU.VwXyZ0123456789Ab3dEf6hIj9kLmN0pQrStUvW'}`],
  ['token', `gsk_${'Ab3dEf6hIj9kLmN0pQrStUvWxYz123456789Ab3dEf6hIj9kLmN0'}`],
];

describe('redaction of known forms', () => {
  it.each(known)('takes out a secret of kind %s wherever it stands', (kind, secret) => {
    for (const [before, after] of [
      ['', ''],
      ['the key is ', ' and so on'],
      ['key="', '"'],
      ['(', ')'],
      ['a\n', '\nb'],
      ['é', '日'],
      ['/', '/'],
    ]) {
      const redacted = none.text(`${before}${secret}${after}`);
      expect(redacted).toMatch(new RegExp(`^[^<]*<secret:${kind}:[0-9a-f]{8}>[^<]*$`));
      expect(redacted.startsWith(before ?? '')).toBe(true);
      expect(redacted.endsWith(after ?? '')).toBe(true);
    }
  });

  it('keeps what surrounds a password in a URL', () => {
    expect(none.text('see postgres://app:hunter2@db:5432/x?y')).toMatch(
      /^see postgres:\/\/app:<secret:url:[0-9a-f]{8}>@db:5432\/x\?y$/,
    );
    expect(none.text('https://:p%40ss@host/')).toMatch(/^https:\/\/:<secret:url:\w{8}>@host\/$/);
    for (const template of [
      `https://${hole('user')}:${hole('password')}@host`,
      'http://{u}:{p}@h',
      'http://host:8080/a@b',
      'a://b@c',
    ]) {
      expect(none.text(template)).toBe(template);
    }
  });

  it('takes the credentials of an Authorization header out, whatever they are', () => {
    for (const [text, secret] of [
      ['Authorization: Bearer correcthorse', 'correcthorse'],
      ['authorization: basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
      ['{"Authorization": "Bearer abc.def-123456"}', 'abc.def-123456'],
      ["headers['Authorization'] = 'Bearer abc.def-123456'", 'abc.def-123456'],
      ['"{\\"Authorization\\": \\"Bearer abc.def-123456\\"}"', 'abc.def-123456'],
      ['curl -H "authorization: token abcdef012345"', 'abcdef012345'],
      ['Bearer abcdef0123456789abcdef', 'abcdef0123456789abcdef'],
    ] as const) {
      const redacted = none.text(text);
      expect(redacted, text).not.toContain(secret);
      expect(redacted).toContain('<secret:authorization:');
    }
    for (const text of [
      `Authorization: Bearer ${hole('token')}`,
      'Authorization: Bearer <token>',
      'the bearer of this-letter-is-here',
    ]) {
      expect(none.text(text)).toBe(text);
    }
  });
});

describe('redaction by entropy', () => {
  const random = 'q8Zr2LxT0vPnE5sWb7KdYc3H';

  it.each([
    `api_key=${random}`,
    `API_KEY = "${random}"`,
    `{"accessToken": "${random}"}`,
    `password: ${random}`,
    `const clientSecret: string = '${random}';`,
    `api_key: str = "${random}"`,
    `x-api-key: ${random}`,
    `os.environ["SERVICE_TOKEN"] = "${random}"`,
    `os.getenv("SERVICE_TOKEN", "${random}")`,
    `process.env.API_TOKEN ?? '${random}'`,
    `tool --api-key ${random}`,
    `aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`,
    `api_key = "9e107d9d372bb6826bd81d3542a419d6"`,
  ])('takes the random value out of %s', (text) => {
    const redacted = none.text(text);
    expect(redacted).toMatch(/<secret:(?:entropy|aws):\w{8}>/);
    expect(redacted).not.toContain(random);
    expect(redacted.slice(0, 5)).toBe(text.slice(0, 5));
  });

  it('knows the name of a field of data', () => {
    expect(none.value({ apiKey: random, note: random })).toEqual({
      apiKey: expect.stringMatching(/^<secret:entropy:[0-9a-f]{8}>$/),
      note: random,
    });
  });

  it.each([
    ['a digest', `expected ${createHash('sha256').update('x').digest('hex')} here`],
    ['a git commit', 'commit da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['a UUID', `id: ${randomUUID()}`],
    ['base64 of a test', 'assert b64encode(b"x") == "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0IDEyMw=="'],
    ['an integrity hash', 'integrity="sha512-ZUcOEHDKMGdQFNQ8DmdIpOXKzJMYD6lLyGCUbcRrzdLlQAvMrNYCG=="'],
    ['a number', 'token = 12345678901234567890123'],
    ['an identifier', 'const tokenKind = lastTriviaWasNewLineBeforeTheToken2'],
    ['an expression', 'const password = request.body.passwordConfirmation.trim()'],
    ['a path', 'secret_file = /var/run/secrets/service/accounts/token-file'],
    ['an environment lookup', 'token = os.environ["MY_SERVICE_ACCESS_TOKEN"]'],
    ['a template', 'api_key = "your-api-key-goes-here-please"'],
    ['a word', 'password: correct-horse-battery-staple'],
    ['a style', 'class="sk-folding-cube-animation-wrapper sk-cube-grid"'],
    ['a header of a key without the key', 'if text.startswith("-----BEGIN PRIVATE KEY-----"): refuse()'],
    ['a template of a key', `-----BEGIN PRIVATE KEY-----\n${hole('body')}\n-----END PRIVATE KEY-----`],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${pemBody}-----END PUBLIC KEY-----`],
  ])('leaves %s alone', (_, text) => {
    expect(none.text(text)).toBe(text);
  });
});

describe('redaction of data', () => {
  const redact = makeRedactor({ env: { A_TOKEN: 'tr0ub4dor&3' }, dotenv: {}, salt });

  it('goes deep, keeps keys and other values, and does not touch its input', () => {
    const input = { a: ['x tr0ub4dor&3', { b: 'tr0ub4dor&3', n: 1, f: false, z: null }], 'tr0ub4dor&3': '' };
    const before = structuredClone(input);
    const output = redact.value(input);
    expect(output).toEqual({
      a: [
        expect.stringMatching(/^x <secret/),
        { b: expect.stringMatching(/^<secret/), n: 1, f: false, z: null },
      ],
      'tr0ub4dor&3': '',
    });
    expect(input).toEqual(before);
  });

  it('takes a secret out of a long key', () => {
    const output = redact.value({ 'a key that holds tr0ub4dor&3': 1 });
    expect(JSON.stringify(output)).not.toContain('tr0ub4dor');
  });

  it('copies a key named __proto__ as any other', () => {
    const output = redact.value(JSON.parse('{"__proto__":{"x":"tr0ub4dor&3"}}') as unknown);
    expect(JSON.stringify(output)).toMatch(/^\{"__proto__":\{"x":"<secret:env:\w{8}>"\}\}$/);
  });
});
