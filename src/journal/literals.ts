import { looksRandom } from './entropy.ts';

/** A value that must not be written, in one of the forms it may take, and the value it stands for. */
export interface Literal {
  kind: 'env' | 'dotenv';
  form: string;
  secret: string;
}

const shortest = 6;
const strongWord =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|APIKEY|ACCESSKEY|SECRETKEY|PRIVATEKEY|AUTHKEY)S?$/;
const strongWords = new Set(['KEY', 'KEYS', 'PASS', 'PWD', 'PIN']);
const weakWords = new Set(['AUTH', 'PRIVATE', 'SESSION', 'COOKIE', 'COOKIES', 'DSN', 'CREDS', 'LOGIN']);
/** The last word of names whose value says how or where, not who. */
const plainWords = new Set(
  (
    'PATH PATHS FILE FILES DIR DIRS DIRECTORY FOLDER SOCK SOCKET HOME ROOT URL URI HOST HOSTNAME PORT LEVEL MODE ENV ENVIRONMENT STAGE REGION ZONE ' +
    'TYPE NAME LANG LANGUAGE LOCALE TZ TIMEZONE FORMAT VERSION ENABLED DISABLED TIMEOUT TTL INTERVAL LIMIT MODEL MODELS THEME EDITOR ' +
    'PAGER SHELL TERM COLOR COLORS DESKTOP MANAGER ADDRESS CLASS METHOD ALGORITHM PROVIDER DRIVER ENGINE CLIENT'
  ).split(' '),
);
const commonValues = new Set(
  (
    'production development staging testing preview localhost default standard verbose silent warning warnings info error errors debug trace notice ' +
    'critical enabled disabled enable disable always never required optional strict public private internal external postgres postgresql ' +
    'mysql mariadb sqlite sqlite3 mongodb redis memory memcached rabbitmq kafka docker podman kubernetes python python3 javascript typescript ' +
    'nodejs english german french spanish console pretty string number boolean object function return import export master develop ' +
    'release latest stable nightly canary monday sunday manual automatic system global local remote client server worker browser ' +
    'anthropic openai ollama claude gemini kintsugi admin root user guest nobody anonymous undefined unknown example changeme'
  ).split(' '),
);

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== '');
}

function strength(name: string): 'strong' | 'weak' | 'none' {
  if (name === 'PWD' || name === 'OLDPWD') return 'none';
  const words = wordsOf(name);
  if (plainWords.has(words.at(-1) ?? '')) return 'none';
  if (words.some((word) => strongWord.test(word) || strongWords.has(word))) return 'strong';
  return words.some((word) => weakWords.has(word)) ? 'weak' : 'none';
}

function anyPieceRandom(value: string): boolean {
  return value.split(/[^A-Za-z0-9+_-]+/).some(looksRandom);
}

const isBoolean = (value: string) => /^(?:true|false|yes|no|on|off|none|null|undefined)$/i.test(value);
const isPath = (value: string) =>
  /^(?:~|\.{1,2}|[A-Za-z]:)?[\\/][^\s:;]+(?::[^\s]+)*$/.test(value) && !anyPieceRandom(value);
const isUrl = (value: string) =>
  /^[a-z][a-z0-9+.-]*:(?:\/\/)?[^\s@]*$/i.test(value) && value.includes('/') && !anyPieceRandom(value);
const isMeasure = (value: string) =>
  /^[+-]?[0-9][0-9_,.:-]*\s?(?:%|[kmgt]?i?b?|ms|s|min|[smhdw])?$/i.test(value) && value.length < 20;
const isPlace = (value: string) =>
  /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?$|^[a-z][a-z0-9-]*:\d{1,5}$|^[\d.]+:\d{1,5}$/i.test(value) &&
  !anyPieceRandom(value);
const isLocale = (value: string) =>
  /^[a-z]{2}[_-][A-Z]{2}(?:\.[\w-]+)?$|^[A-Z][a-z]+\/[A-Z][A-Za-z_]+$|^[a-z]{2}-[a-z]+-\d$/.test(value);

/** Whether a value of a name that does not ask for secrecy says something ordinary. */
function isPlain(name: string, value: string): boolean {
  if (isBoolean(value) || isMeasure(value) || isPath(value) || isUrl(value)) return true;
  if (isPlace(value) || isLocale(value) || commonValues.has(value.toLowerCase())) return true;
  const words = wordsOf(name);
  const ordinaryName = plainWords.has(words.at(-1) ?? '') || words[0] === 'KINTSUGI';
  return ordinaryName && !anyPieceRandom(value) && !/:\/\/[^/\s]*:[^/\s]*@/.test(value);
}

function isSecret(name: string, value: string, from: 'env' | 'dotenv', reserved: Set<string>): boolean {
  if (value.length < shortest || isBoolean(value) || reserved.has(value)) return false;
  const named = strength(name);
  if (named === 'strong') {
    const words = wordsOf(name);
    const counts = words.some((word) => ['MAX', 'MIN', 'LIMIT', 'COUNT', 'BUDGET', 'TOKENS'].includes(word));
    return !(counts && isMeasure(value)) && !isPath(value) && !isUrl(value);
  }
  if (named === 'weak' || from === 'dotenv') return !isPlain(name, value);
  return false;
}

function base64Forms(value: string): string[] {
  const forms: string[] = [];
  const bytes = Buffer.from(value);
  // Inside a longer text the value may begin at any of three places in a group; characters shared with its neighbours are left out.
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const shared = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    forms.push(encoded.slice(shift === 0 ? 0 : shift + 1, encoded.length - shared));
  }
  return [...forms, bytes.toString('base64')].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

function percentEncoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // Half a surrogate pair has no URL form.
  }
}

function formsOf(value: string): string[] {
  const percent = percentEncoded(value);
  const json = JSON.stringify(value).slice(1, -1);
  const hex = Buffer.from(value).toString('hex');
  const encodings = [
    percent,
    percent.replaceAll('%20', '+'),
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    json,
    JSON.stringify(json).slice(1, -1),
    hex,
    hex.toUpperCase(),
  ];
  const lines =
    value.split(/\r?\n/).length > 1 ? value.split(/\r?\n/).filter((line) => line.length >= 16) : [];
  return [
    value,
    value.trim(),
    ...lines,
    ...encodings,
    ...base64Forms(value).filter((form) => form.length >= 8),
  ];
}

/** The password inside a URL, raw and decoded. */
function passwordsIn(value: string): string[] {
  const found = /:\/\/[^\s/?#@:]*:([^\s/?#]+)@/.exec(value)?.[1];
  if (found === undefined || found.length < shortest) return [];
  try {
    return [found, decodeURIComponent(found)];
  } catch {
    return [found];
  }
}

/**
 * Every form of every value that must not be written, longest first. `env` is asked by name (does it look like a credential), `dotenv`
 * by value (is it more than a port, a path, a switch). `reserved` are words no secret may be.
 */
export function literalsOf(
  env: Readonly<Record<string, string | undefined>>,
  dotenv: Readonly<Record<string, string | undefined>>,
  reserved: Set<string>,
): Literal[] {
  const found = new Map<string, Literal>();
  const add = (kind: Literal['kind'], secret: string) => {
    for (const form of formsOf(secret)) {
      if (form.length >= shortest && !found.has(form)) found.set(form, { kind, form, secret });
    }
  };
  for (const [kind, variables] of [
    ['dotenv', dotenv],
    ['env', env],
  ] as const) {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) continue;
      if (isSecret(name, value.trim(), kind, reserved)) add(kind, value.trim());
      for (const password of passwordsIn(value)) add(kind, password);
    }
  }
  return [...found.values()].sort((one, other) => other.form.length - one.form.length);
}

/** Short words and numbers are only the secret when they stand alone; anything else is, wherever it is. */
export function standsAlone(form: string): boolean {
  return form.length < 16 && /^(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+|[0-9]+)$/.test(form);
}
