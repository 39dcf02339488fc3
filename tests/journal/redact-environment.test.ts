import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeRedactor } from '../../src/journal/redact.ts';
import { salt } from './samples.ts';

describe('redaction of what the environment holds', () => {
  const secretsOf = (env: Record<string, string>, dotenv: Record<string, string> = {}) =>
    makeRedactor({ env, dotenv, salt });

  it.each([
    'MY_API_KEY',
    'GITHUB_TOKEN',
    'DB_PASSWORD',
    'PGPASSWORD',
    'client_secret',
    'npm_config__authToken',
    'AWS_CREDENTIALS',
    'SESSION_KEY',
    'PRIVATE_KEY',
    'mySecret',
    'APIKEY',
    'SMTP_PASS',
  ])('takes the value of a variable named %s out', (name) => {
    const redact = secretsOf({ [name]: 'tr0ub4dor&3' });
    expect(redact.text('it is tr0ub4dor&3!')).toMatch(/^it is <secret:env:[0-9a-f]{8}>!$/);
    expect(redact.text('"xtr0ub4dor&3y"')).toMatch(/^"x<secret:env:[0-9a-f]{8}>y"$/);
  });

  it.each([
    ['PATH', '/usr/bin:/bin'],
    ['PWD', '/home/jane/project'],
    ['SSH_AUTH_SOCK', '/tmp/ssh-Ab3dEf6hIj9k/agent.77'],
    ['XDG_SESSION_TYPE', 'wayland'],
    ['GIT_AUTHOR_NAME', 'Jane Doe'],
    ['MAX_TOKENS', '200000'],
    ['KEYBOARD_LAYOUT', 'german'],
    ['TOKEN_URL', 'https://login.example.com/token'],
    ['USE_TOKEN', 'disabled'.slice(0, 5)],
    ['AUTH_MODE', 'production'],
    ['SSL_KEY_FILE', '/etc/ssl/private/server.pem'],
    ['SECRET_KEY_PATH', '/etc/keys'],
    ['MONKEY_NAME', 'George'],
    ['EDITOR', 'neovim'],
    ['SOME_TOKEN', 'short'],
  ])('leaves the value of %s alone', (name, value) => {
    const text = `say ${value} again`;
    expect(secretsOf({ [name]: value }).text(text)).toBe(text);
  });

  it.each([
    ['ANYTHING', 'correct-horse-battery'],
    ['X', 'p4ssw0rd'],
    ['BOT', 'zxcvbnmasdf'],
    ['DATABASE_URL', 'postgres://app:tr0ub4dor@db/x'],
    ['WEBHOOK_URL', 'https://example.com/hooks/q8Zr2LxT0vPnE5sWb7KdYc3H'],
    ['ANTHROPIC_API_KEY', 'not-shaped-like-one'],
    ['KINTSUGI_TOKEN', 'abcdef'],
  ])('takes every telling value of .env out: %s', (name, value) => {
    expect(secretsOf({}, { [name]: value }).text(`say ${value} again`)).toMatch(
      /^say (?:\S*<secret:[a-z]+:\w{8}>\S*) again$/,
    );
    expect(secretsOf({}, { [name]: value }).text(`say ${value} again`)).not.toContain(value);
  });

  it('takes the password inside a URL of .env out when it stands alone', () => {
    const redact = secretsOf({}, { DATABASE_URL: 'postgres://app:tr0ub%40dor@db/x' });
    expect(redact.text('tr0ub@dor and tr0ub%40dor')).not.toMatch(/tr0ub/);
  });

  it.each([
    ['PORT', '300000'],
    ['NODE_ENV', 'production'],
    ['DEBUG', 'enabled'],
    ['LOG_LEVEL', 'verbose'],
    ['KINTSUGI_MODEL', 'anthropic/claude-sonnet-5-5'],
    ['BASE_URL', 'http://localhost:11434/v1'],
    ['HOME_DIR', '/home/jane'],
    ['TIMEOUT', '600000ms'],
    ['HOST', 'db.internal.example'],
    ['LANG', 'en_US.UTF-8'],
    ['TZ', 'Europe/Berlin'],
    ['X', 'python'],
    ['KINTSUGI_SANDBOX', 'workspace-write'],
    ['AWS_REGION', 'eu-central-1'],
    ['CACHE', 'true'],
    ['DATA', './data/cache'],
  ])('leaves a plain value of .env alone: %s', (name, value) => {
    const text = `say ${value} again`;
    expect(secretsOf({}, { [name]: value }).text(text)).toBe(text);
  });

  it('finds a value in its URL, base64, hex and JSON forms, under the same hash', () => {
    const secret = 'p@ss "word"/1&é';
    const redact = secretsOf({ MY_PASSWORD: secret });
    const basic = Buffer.from(`user:${secret}`).toString('base64');
    const forms = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll('%20', '+'),
      JSON.stringify(secret),
      JSON.stringify(JSON.stringify(secret)),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ];
    const hashes = forms.map((form) => /<secret:env:(\w{8})>/.exec(redact.text(`x ${form} y`))?.[1]);
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toMatch(/^\w{8}$/);
    expect(redact.text(`h ${basic}`)).toContain('<secret:env:');
    expect(redact.text(`h ${Buffer.from(`me:${secret}`).toString('base64')}`)).toContain('<secret:env:');
    expect(redact.text(`h ${Buffer.from(`you:${secret}`).toString('base64')}`)).toContain('<secret:env:');
  });

  it('takes a word only when it stands alone', () => {
    const redact = secretsOf({ MY_PASSWORD: 'summer' });
    expect(redact.text('in summer, midsummer summers SUMMER')).toMatch(
      /^in <secret:env:\w{8}>, midsummer summers SUMMER$/,
    );
  });

  it('takes each line of a value of several lines out', () => {
    const redact = secretsOf({ MY_SECRET: 'first line of the secret\nsecond line of the secret' });
    expect(redact.text('a second line of the secret b')).toMatch(/^a <secret:env:\w{8}> b$/);
  });

  it('gives a secret another hash under another salt, and never a plain digest', () => {
    const hashUnder = (other: string) =>
      makeRedactor({ env: { A_TOKEN: 'tr0ub4dor' }, dotenv: {}, salt: other }).text('tr0ub4dor');
    expect(hashUnder('one')).toBe(hashUnder('one'));
    expect(hashUnder('one')).not.toBe(hashUnder('two'));
    expect(hashUnder('one')).not.toContain(
      createHash('sha256').update('tr0ub4dor').digest('hex').slice(0, 8),
    );
  });
});
