import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseModel } from '../src/config/choose-model.ts';
import { describeConfig } from '../src/config/describe.ts';
import type { ConfigProblem } from '../src/config/files.ts';
import type { Flags, Variables } from '../src/config/layers.ts';
import { nearest } from '../src/config/resolve.ts';
import { settingNames, settings } from '../src/config/settings.ts';
import { formatDuration, ollamaAddress, parseDuration, showAddress } from '../src/config/values.ts';
import { type Config, formatProblems, loadConfig } from '../src/config.ts';

let folder: string;
let home: string;
let cwd: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kintsugi-config-'));
  home = path.join(folder, 'home');
  cwd = path.join(folder, 'project');
  mkdirSync(home);
  mkdirSync(cwd);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = 'sk-ant-api03-0123456789abcdefWXYZ';

function load(flags: Flags = {}, env: Variables = {}) {
  return loadConfig({ flags, env: { KINTSUGI_HOME: home, ...env }, cwd });
}

async function config(flags: Flags = {}, env: Variables = {}): Promise<Config> {
  const loaded = await load(flags, env);
  if (loaded.kind === 'invalid') throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

async function problems(
  flags: Flags = {},
  env: Variables = {},
): Promise<{ list: ConfigProblem[]; text: string; exitCode: number }> {
  const loaded = await load(flags, env);
  if (loaded.kind === 'config') throw new Error('the configuration is valid');
  return { list: loaded.problems, text: formatProblems(loaded.problems), exitCode: loaded.exitCode };
}

const writeDotenv = (text: string | Buffer) => writeFileSync(path.join(home, '.env'), text);
const writeUser = (value: unknown) => writeFileSync(path.join(home, 'config.json'), JSON.stringify(value));
const writeProject = (value: unknown) =>
  writeFileSync(path.join(cwd, 'kintsugi.json'), JSON.stringify(value));

describe('defaults', () => {
  it('are all in force when nobody says anything', async () => {
    const loaded = await config();
    expect(loaded).toMatchObject({
      home,
      logs: path.join(home, 'logs'),
      memoryDirectory: path.join(home, 'memory'),
      model: 'auto',
      defaultModel: 'claude-sonnet-5-5',
      budgets: { attempts: 5, tokens: null, usd: null, wallMs: null },
      permissionMode: 'default',
      memory: true,
      offline: false,
      seed: null,
      endpoints: { anthropic: null, openai: null, ollama: 'http://127.0.0.1:11434' },
      modelCalls: { idleMs: 120_000, replyTokens: 16_000 },
      warnings: [],
    });
    expect(loaded.secrets.anthropic()).toBeNull();
    expect(Object.values(loaded.sources).filter(({ layer }) => layer !== 'default')).toEqual([
      { layer: 'environment', name: 'KINTSUGI_HOME' },
    ]);
  });

  it('put the home into a checkout, and into the data folder of the user for an installed package', async () => {
    mkdirSync(path.join(folder, 'checkout', 'src'), { recursive: true });
    mkdirSync(path.join(folder, 'installed'));
    const homeOf = async (root: string) => {
      const loaded = await loadConfig({ flags: {}, env: {}, cwd, root: path.join(folder, root) });
      return loaded.kind === 'config' ? loaded.config.home : formatProblems(loaded.problems);
    };
    expect(await homeOf('checkout')).toBe(path.join(folder, 'checkout'));
    const installed = await homeOf('installed');
    expect(installed).toMatch(/kintsugi/i);
    expect(installed.startsWith(folder)).toBe(false);
  });

  it('fit their own schema and have a variable each, no two the same', () => {
    const variables = settingNames.map((name) => settings[name].variable);
    expect(new Set(variables).size).toBe(variables.length);
    for (const name of settingNames) {
      const { fallback, schema } = settings[name];
      if (typeof fallback === 'string')
        expect(schema.safeParse(fallback)).toEqual({ success: true, data: fallback });
    }
  });
});

describe('precedence', () => {
  it('is flag, environment, .env, project file, user file, default', async () => {
    const attempts = async (flags: Flags, env: Variables) => {
      const loaded = await config(flags, env);
      return [loaded.budgets.attempts, loaded.sources.maxAttempts.layer];
    };
    expect(await attempts({}, {})).toEqual([5, 'default']);
    writeUser({ maxAttempts: 9 });
    expect(await attempts({}, {})).toEqual([9, 'user file']);
    writeProject({ maxAttempts: 7 });
    expect(await attempts({}, {})).toEqual([7, 'project file']);
    writeDotenv('KINTSUGI_MAX_ATTEMPTS=6\n');
    expect(await attempts({}, {})).toEqual([6, '.env']);
    expect(await attempts({}, { KINTSUGI_MAX_ATTEMPTS: '4' })).toEqual([4, 'environment']);
    expect(await attempts({ maxAttempts: '3' }, { KINTSUGI_MAX_ATTEMPTS: '4' })).toEqual([3, 'flag']);
  });

  it('lets an empty variable of the real environment hide the one in .env, and never changes the environment', async () => {
    writeDotenv(`ANTHROPIC_API_KEY=${key}\nKINTSUGI_TIMEOUT=5m\n`);
    const before = { ...process.env };
    expect((await config()).secrets.anthropic()).toBe(key);
    expect((await config()).budgets.wallMs).toBe(300_000);
    const hidden = await config({}, { ANTHROPIC_API_KEY: '', KINTSUGI_TIMEOUT: '' });
    expect([hidden.secrets.anthropic(), hidden.budgets.wallMs]).toEqual([null, null]);
    expect(process.env).toEqual(before);
  });

  it('does not take the memory: true that the command line parser puts in by itself for a flag', async () => {
    writeUser({ memory: false });
    expect((await config({ memory: true })).memory).toBe(false);
    expect((await config({ memory: false })).sources.memory.layer).toBe('flag');
  });

  it('takes no file into account under --bare, but still the keys of .env', async () => {
    writeUser({ maxAttempts: 9, nonsense: 1 });
    writeProject({ permissionMode: 'bypassPermissions' });
    writeDotenv(`ANTHROPIC_API_KEY=${key}\n`);
    const bare = await config({ bare: true });
    expect([bare.budgets.attempts, bare.memory, bare.secrets.anthropic()]).toEqual([5, false, key]);
  });

  it('reads NO_COLOR as no colour, after KINTSUGI_COLOR and the flag', async () => {
    expect((await config({}, { NO_COLOR: '1' })).color).toBe('never');
    expect((await config({}, { NO_COLOR: '' })).color).toBe('auto');
    expect((await config({}, { NO_COLOR: '1', KINTSUGI_COLOR: 'always' })).color).toBe('always');
    expect((await config({ color: 'always' }, { NO_COLOR: '1' })).color).toBe('always');
  });

  it('reads no .env of the folder somebody stands in', async () => {
    writeFileSync(
      path.join(cwd, '.env'),
      'ANTHROPIC_BASE_URL=http://198.51.100.7/\nANTHROPIC_API_KEY=sk-x\n',
    );
    const loaded = await config();
    expect([loaded.endpoints.anthropic, loaded.secrets.anthropic()]).toEqual([null, null]);
  });
});

describe('a project file', () => {
  it('may tighten', async () => {
    writeProject({
      permissionMode: 'plan',
      sandbox: 'read-only',
      maxAttempts: 2,
      maxBudgetUsd: 0.1,
      timeout: '30s',
      memory: false,
    });
    expect(await config()).toMatchObject({
      permissionMode: 'plan',
      sandbox: 'read-only',
      memory: false,
      budgets: { attempts: 2, usd: 0.1, wallMs: 30_000 },
    });
  });

  it.each([
    { permissionMode: 'bypassPermissions' },
    { sandbox: 'danger-full-access' },
    { maxAttempts: 6 },
    { anthropicBaseUrl: 'https://example.com' },
    { openaiBaseUrl: 'https://example.com' },
    { ollamaBaseUrl: 'http://example.com' },
    { model: 'http://example.com/v1' },
    { model: 'scripted:answers.jsonl' },
    { model: 'openai/http://example.com' },
    { prompts: 'prompts' },
    { defaultModel: 'x' },
  ])('may not loosen nor lead elsewhere: %j', async (value) => {
    writeProject(value);
    const { list, exitCode } = await problems();
    expect(exitCode).toBe(52);
    expect(list).toHaveLength(1);
    expect(list[0]?.where).toBe(`${path.join(cwd, 'kintsugi.json')}: ${Object.keys(value)[0]}`);
    expect(list[0]?.fix).toContain("Take it out of the project's file");
  });

  it('may not loosen what the own file of the user says, though it would tighten the default', async () => {
    writeUser({ permissionMode: 'plan', maxBudgetUsd: 1 });
    writeProject({ permissionMode: 'dontAsk', maxBudgetUsd: 2 });
    const { list } = await problems();
    expect(list.map(({ what }) => what)).toEqual([
      expect.stringContaining('looser than your own setting'),
      expect.stringContaining('looser than your own setting'),
    ]);
  });

  it('does not matter where a flag decides', async () => {
    writeProject({ maxAttempts: 50 });
    expect((await config({ maxAttempts: '3' })).budgets.attempts).toBe(3);
  });
});

describe('bad input', () => {
  it.each<[Flags, string]>([
    [{ maxAttempts: 'many' }, '--max-attempts is "many". It must be a whole number from 1 to 100.'],
    [{ maxAttempts: '0' }, '--max-attempts is "0"'],
    [{ maxAttempts: '' }, '--max-attempts is ""'],
    [{ timeout: '90' }, '--timeout is "90". It must be a duration such as 90s, 5m or 1h30m.'],
    [{ maxBudgetUsd: '-1' }, '--max-budget-usd is "-1"'],
    [{ maxBudgetUsd: '1e9' }, '--max-budget-usd is "1e9"'],
    [{ maxTokens: '1.5' }, '--max-tokens is "1.5"'],
    [{ permissionMode: 'yes' }, '--permission-mode is "yes". It must be one of plan, dontAsk, default'],
    [{ seed: '0x10' }, '--seed is "0x10"'],
    [{ yolo: true, permissionMode: 'plan' }, '--yolo means --permission-mode bypassPermissions'],
  ])('in a flag names it and ends with 2: %j', async (flags, message) => {
    const { text, exitCode } = await problems(flags);
    expect(text).toContain(message);
    expect(exitCode).toBe(2);
  });

  it.each<[Variables, string]>([
    [{ KINTSUGI_TIMEOUT: 'soon' }, 'KINTSUGI_TIMEOUT is "soon"'],
    [{ KINTSUGI_MEMORY: 'maybe' }, 'KINTSUGI_MEMORY is "maybe". It must be on or off.'],
    [{ ANTHROPIC_BASE_URL: 'ftp://x' }, 'ANTHROPIC_BASE_URL is "ftp://x"'],
    [{ OLLAMA_HOST: 'http://' }, 'OLLAMA_HOST is "http://"'],
    [{ ANTHROPIC_API_KEY: 'sk-ant two words' }, 'ANTHROPIC_API_KEY has a space'],
  ])('in a variable names it and ends with 52: %j', async (env, message) => {
    const { text, exitCode } = await problems({}, env);
    expect(text).toContain(message);
    expect(exitCode).toBe(52);
  });

  it('is told all at once', async () => {
    writeUser({ maxAttempts: 'x', sead: 1 });
    const { list } = await problems({ timeout: 'x' }, { KINTSUGI_SEED: 'x' });
    expect(list).toHaveLength(4);
  });

  it.each<[string | Buffer, string]>([
    ['A=1\nthis is no assignment\n', '.env:2 is not of the form NAME=value'],
    ['A=1\n\nKEY="never closed\nB=2\n', '.env:3 opens a " that is never closed'],
    [Buffer.from([0x41, 0x3d, 0xff, 0xfe]), '.env is not a text file'],
    [Buffer.from('A=\0'), '.env is not a text file'],
    [Buffer.alloc(1024 * 1024 + 1, 'A'), '.env is larger than 1 MB'],
  ])('in .env names the line: %#', async (content, message) => {
    writeDotenv(content);
    const { text, exitCode } = await problems();
    expect(text).toContain(path.join(home, message));
    expect(exitCode).toBe(52);
  });

  it('is not seen in a .env with comments, quotes, exports and values of several lines', async () => {
    writeDotenv(
      '# a comment\n\nexport A=1\nB: 2\nC="x # y"\nPEM="-----BEGIN\nabc\n-----END" # key\nKINTSUGI_SEED=7 # seven\r\n',
    );
    const loaded = await config();
    expect(loaded.seed).toBe(7);
    expect(loaded.secrets.dotenv()).toMatchObject({ A: '1', C: 'x # y', PEM: '-----BEGIN\nabc\n-----END' });
  });

  it('in a JSON file names the place and never quotes what stands there', async () => {
    writeFileSync(path.join(home, 'config.json'), `{\n  "maxAttempts": 3,\n  "x": ${key}\n}`);
    const { text, exitCode } = await problems();
    expect(text).toContain(`${path.join(home, 'config.json')}:3 is not valid JSON`);
    expect(text).not.toContain('sk-ant');
    expect(exitCode).toBe(52);
  });

  it('in a JSON file that is a list, or that has an unknown or a secret setting, says what to do', async () => {
    writeUser([1]);
    expect((await problems()).text).toContain('is not one JSON object');
    writeUser({ maxAtempts: 3 });
    expect((await problems()).text).toContain('maxAtempts is not a setting. Did you mean maxAttempts?');
    writeUser({ anthropicApiKey: key });
    const { text } = await problems();
    expect(text).toContain('Keys belong in .env');
    expect(text).not.toContain(key);
  });

  it('does not show a key that was pasted into the wrong place', async () => {
    const { text } = await problems({ timeout: key });
    expect(text).toContain('--timeout');
    expect(text).not.toContain(key);
  });

  it('is a home that is a file', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const { text, exitCode } = await problems({}, { KINTSUGI_HOME: path.join(folder, 'file') });
    expect(text).toContain('KINTSUGI_HOME is');
    expect(exitCode).toBe(52);
  });

  it('is a home below a file', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const { text, exitCode } = await problems({}, { KINTSUGI_HOME: path.join(folder, 'file', 'a', 'b') });
    expect(text).toContain(`but ${path.join(folder, 'file')} is not a folder`);
    expect(exitCode).toBe(52);
  });

  it.skipIf(process.platform !== 'linux')('is a home among the files of processes', async () => {
    for (const place of ['/proc', '/proc/no-such-process', '/proc/no-such-process/home']) {
      const { text, exitCode } = await problems({}, { KINTSUGI_HOME: place });
      expect(text).toContain(`KINTSUGI_HOME is ${place}, and no folder can be made in /proc`);
      expect(exitCode).toBe(52);
    }
  });

  it('in the name of a variable is a warning with the nearest name', async () => {
    const { warnings } = await config(
      {},
      { KINTSUGI_MAX_ATEMPTS: '3', KINTSUGI_RUN: 'x', KINTSUGI_DEBUG: '1' },
    );
    expect(warnings).toEqual([
      'KINTSUGI_MAX_ATEMPTS means nothing to kintsugi; did you mean KINTSUGI_MAX_ATTEMPTS?',
    ]);
  });

  it('is an address without https for a key, which is a warning', async () => {
    const env = { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: 'http://example.com' };
    expect((await config({}, env)).warnings).toEqual([expect.stringContaining('unencrypted')]);
    expect((await config({}, { ...env, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' })).warnings).toEqual([]);
  });
});

describe('secrets', () => {
  it('are in no print, no JSON and no description of a configuration', async () => {
    writeDotenv(`OPENAI_API_KEY=${key}\nOTHER_TOKEN=another-secret-value\n`);
    const loaded = await config(
      {},
      { ANTHROPIC_API_KEY: key, OPENAI_BASE_URL: 'https://user:password@example.com/v1?k=v' },
    );
    const shown = JSON.stringify(describeConfig(loaded));
    for (const text of [JSON.stringify(loaded), inspect(loaded, { depth: 9, showHidden: true }), shown]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain('another-secret-value');
    }
    expect(shown).not.toContain('password');
    expect(describeConfig(loaded)).toContainEqual({
      name: 'ANTHROPIC_API_KEY',
      value: 'set, ends in WXYZ',
      from: 'environment ANTHROPIC_API_KEY',
    });
    expect(loaded.secrets.openai()).toBe(key);
  });
});

describe('auto', () => {
  const server = { name: 'Ollama' as const, baseUrl: 'http://127.0.0.1:11434/v1', models: ['qwen:7b'] };

  it('means an Anthropic key, then a local model, then the demo; a named model is taken as it is', async () => {
    const withKey = await config({}, { ANTHROPIC_API_KEY: key });
    expect(chooseModel(withKey, [server]).model).toBe('anthropic/claude-sonnet-5-5');
    const offline = await config({ offline: true }, { ANTHROPIC_API_KEY: key });
    expect(chooseModel(offline, [server]).model).toBe('ollama/qwen:7b');
    expect(chooseModel(offline, [{ ...server, models: [] }])).toMatchObject({ model: 'demo' });
    const nothing = await config();
    expect(chooseModel(nothing, [{ ...server, models: null }])).toEqual({
      model: 'demo',
      baseUrl: null,
      why: 'no key, and no local model answers',
    });
    const studio = { name: 'LM Studio' as const, baseUrl: 'http://127.0.0.1:1234/v1', models: ['m'] };
    expect(chooseModel(nothing, [studio])).toMatchObject({ model: 'openai/m', baseUrl: studio.baseUrl });
    expect(chooseModel(await config({ model: 'demo' }), [server])).toMatchObject({
      model: 'demo',
      why: 'named by flag --model',
    });
  });
});

describe('small readers', () => {
  it('read durations, and write them so that they read back', () => {
    const cases: [string, number | null][] = [
      ['90s', 90_000],
      ['5m', 300_000],
      ['1h', 3_600_000],
      ['1h30m', 5_400_000],
      ['1.5h', 5_400_000],
      [' 250MS ', 250],
      ['0s', null],
      ['-1s', null],
      ['8d', null],
      ['90', null],
      ['', null],
      ['169h', null],
      ['1s x', null],
    ];
    for (const [text, ms] of cases) expect([text, parseDuration(text)]).toEqual([text, ms]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800_000 }), (ms) => parseDuration(formatDuration(ms)) === ms),
    );
  });

  it('read OLLAMA_HOST as Ollama does', () => {
    const cases: [string, string][] = [
      ['127.0.0.1:11434', 'http://127.0.0.1:11434'],
      ['0.0.0.0', 'http://127.0.0.1:11434'],
      [':8080', 'http://127.0.0.1:8080'],
      ['box', 'http://box:11434'],
      ['https://box/', 'https://box'],
      ['http://box:80', 'http://box'],
      ['http://box:1234/ollama/', 'http://box:1234/ollama'],
    ];
    for (const [text, address] of cases) expect([text, ollamaAddress.parse(text)]).toEqual([text, address]);
  });

  it('show addresses without their credentials and find the nearest name', () => {
    expect(showAddress('see https://a:b@c.d/v1?key=1#x and http://e')).toBe(
      'see https://***@c.d/v1?***#x and http://e',
    );
    expect(nearest('modle', settingNames)).toBe('model');
    expect(nearest('entirely-else', settingNames)).toBeNull();
  });
});
