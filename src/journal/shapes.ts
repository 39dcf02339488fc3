import { looksRandom } from './entropy.ts';

/** One known form of a secret. `pattern` captures what stays (may be empty) and the secret, in two groups. */
export interface Shape {
  kind: string;
  /** The first three characters of every match, in any case: where to look. */
  anchors: readonly string[];
  pattern: string;
  /** A last look, for forms that words can have too. */
  accept?: (secret: string) => boolean;
}

const anyCase = (word: string) =>
  word.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
const oneOf = (words: readonly string[]) => words.map(anyCase).join('|');
const firstThree = (words: readonly string[]) => words.map((word) => word.slice(0, 3));

/** A secret that stands by itself, not inside a longer word. */
const whole = (pattern: string) => `((?<![A-Za-z0-9]))(${pattern})`;
const hasDigitOrCapital = (secret: string) => /[0-9A-Z]/.test(secret.slice(3));

/** Base64 of some length, not a template such as `BEGIN … ${body} … END`. */
const holdsKeyMaterial = (block: string) =>
  /[A-Za-z0-9+/=]{24}/.test(block.replace(/-----[^-]*-----/g, ' ').replace(/\\[nr]/g, ' '));

const pemName = '[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----';
const pemBody = String.raw`(?:[A-Za-z0-9+/=\s\\:,."'\x60()]|-(?!-)){0,16384}`;
const pemUnended = String.raw`(?:[\s"'+\\nr]{0,40}[A-Za-z0-9+/=]{24,4096}){1,400}`;

const vendors = 'gsk r8_ dop_v1 doo_v1 shpat shpss lin_api sntrys nvapi pplx xai tvly dapi glsa'.split(' ');

const keyWords =
  'api access secret private auth signing encryption master service account client license'.split(' ');
const nameWords = 'token secret password passwd passphrase pwd credential authorization cookie'.split(' ');
const nameAnchors = firstThree([...keyWords, ...nameWords]);
/** A name that a credential has: `api_key`, `accessToken`, `DB_PASSWORD` … `key` alone is too many other things. */
export const credentialName = `(?:(?:${oneOf(keyWords)})[_-]?${anyCase('key')}|${oneOf(nameWords)})`;

const template = /[{}<]|^[$%]|^(?:your|my|the|example|placeholder|x{4,}|\*{3,}|\.{3,})/i;
const value = '[A-Za-z0-9+/_.~!@#$%^&*-]{20,256}={0,2}';
/** The name may go on (`token_value`), be quoted or indexed (`"apiKey"]`), and a type may stand before the value. */
const nameTail = String.raw`[\w-]{0,24}["'\x60\\\]]{0,5}\s{0,4}(?::\s{0,2}[\w.|[\]]{1,24}\s{0,2}(?==))?`;
const operator = String.raw`(?:[=:]{1,3}>?|\|\||\?\?|(?<=["'\x60]\s{0,4}),)\s{0,4}[\\"'\x60]{0,4}`;

export const shapes: readonly Shape[] = [
  {
    kind: 'private-key',
    anchors: ['---'],
    pattern: `()(-----BEGIN ${pemName}(?:${pemBody}-----END ${pemName}|${pemUnended}))`,
    accept: holdsKeyMaterial,
  },
  { kind: 'anthropic', anchors: ['sk-'], pattern: whole('sk-ant-[A-Za-z0-9_-]{16,}') },
  { kind: 'openai', anchors: ['sk-'], pattern: whole('sk-[A-Za-z0-9_-]{20,}'), accept: hasDigitOrCapital },
  {
    kind: 'github',
    anchors: ['ghp', 'gho', 'ghu', 'ghs', 'ghr', 'git'],
    pattern: whole('gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{22,}'),
  },
  {
    kind: 'gitlab',
    anchors: ['glp', 'glr', 'gld', 'glc', 'glf', 'gls'],
    pattern: whole('gl(?:pat|rt|dt|ptt|cbt|ft|soat)-[A-Za-z0-9_-]{20,}'),
  },
  {
    kind: 'aws',
    anchors: ['aki', 'asi', 'abi', 'acc'],
    pattern: whole('(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'),
  },
  {
    kind: 'google',
    anchors: ['aiz', 'ya2', 'goc'],
    pattern: whole('AIza[A-Za-z0-9_-]{30,}|ya29\\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}'),
  },
  {
    kind: 'slack',
    anchors: ['xox', 'xap', 'hoo'],
    pattern: whole(
      '(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}|hooks\\.slack\\.com/services/(?:[A-Za-z0-9_-]{4,}/){2}[A-Za-z0-9_-]{10,}',
    ),
  },
  {
    kind: 'stripe',
    anchors: ['sk_', 'rk_', 'whs'],
    pattern: whole('(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}'),
  },
  { kind: 'npm', anchors: ['npm'], pattern: whole('npm_[A-Za-z0-9]{30,}') },
  { kind: 'pypi', anchors: ['pyp'], pattern: whole('pypi-[A-Za-z0-9_-]{32,}'), accept: hasDigitOrCapital },
  { kind: 'huggingface', anchors: ['hf_'], pattern: whole('hf_[A-Za-z0-9]{30,}') },
  {
    kind: 'jwt',
    anchors: ['eyj'],
    pattern: '((?<![A-Za-z0-9_-]))(eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,})',
  },
  {
    kind: 'token',
    anchors: firstThree(vendors),
    pattern: whole(`(?:${vendors.join('|')})[_-]?[A-Za-z0-9_]{32,}`),
    accept: (secret) => /[0-9]/.test(secret.slice(8)) && looksRandom(secret),
  },
  {
    kind: 'token',
    anchors: ['sg.', 'hvs', 'age'],
    pattern: whole(
      'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,}|hvs\\.[A-Za-z0-9_-]{24,}|AGE-SECRET-KEY-1[0-9A-Z]{50,}',
    ),
  },
  {
    kind: 'token',
    anchors: [':aa'],
    pattern: '((?<=(?<![0-9])[0-9]{8,10}):)(AA[A-Za-z0-9_-]{32,34}(?![A-Za-z0-9_-]))',
  },
  {
    kind: 'url',
    anchors: ['://'],
    pattern: String.raw`(://[^\s/?#@:"'<>\\]{0,128}:)([^\s/?#"'<>\\]{3,256})(?=@)`,
    accept: (secret) => !template.test(secret),
  },
  {
    kind: 'authorization',
    anchors: ['aut'],
    pattern: String.raw`(${anyCase('authorization')}[\\"'\x60\]]{0,5}\s{0,4}[=:,]\s{0,4}[\\"'\x60]{0,4}(?:${oneOf(['bearer', 'basic', 'token', 'apikey', 'bot'])})\s{1,4})([A-Za-z0-9._~+/-]{8,4096}={0,2})`,
    accept: (secret) => !template.test(secret),
  },
  {
    kind: 'authorization',
    anchors: ['bea'],
    pattern: String.raw`((?<![A-Za-z0-9])${anyCase('bearer')}\s{1,4})([A-Za-z0-9._~+/-]{16,4096}={0,2})`,
    accept: (secret) => !template.test(secret) && /[0-9]/.test(secret) && /[A-Za-z]/.test(secret),
  },
  {
    kind: 'aws',
    anchors: ['sec'],
    pattern: `(${anyCase('secret')}[_-]?(?:${anyCase('access')}[_-]?)?${anyCase('key')}${nameTail}${operator})([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])`,
    accept: (secret) => /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /[0-9]/.test(secret),
  },
  {
    kind: 'entropy',
    anchors: nameAnchors,
    pattern: `(${credentialName}${nameTail}${operator})(${value})`,
    accept: looksRandom,
  },
  {
    kind: 'entropy',
    anchors: ['key', 'tok', 'sec', 'pas'],
    pattern: String.raw`((?<=--[\w-]{0,24})(?:key|token|secret|password)\s{1,4}["']?)(${value})`,
    accept: looksRandom,
  },
];
