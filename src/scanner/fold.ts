import { posix } from 'node:path';
import {
  type Call,
  concatenate,
  decodedText,
  isPathObject,
  mapValue,
  name,
  text,
  unknown,
  type Value,
  wholeText,
} from './value.ts';

/** Joins path segments; an absolute segment starts anew, as `os.path.join` and `path.resolve` do. */
export function joinPath(segments: Value[]): Value {
  const [first, ...rest] = segments;
  if (first === undefined) return text('.');
  return rest.reduce(
    (left, right) =>
      mapValue(asText(left), (one) => mapValue(asText(right), (other) => joinSegments(one, other))),
    first,
  );
}

function joinSegments(left: Value, right: Value): Value {
  if (right.kind === 'text' && /^[/~]/.test(right.text)) return right;
  if (left.kind !== 'text') return unknown;
  if (!left.whole || right.kind !== 'text') return concatenate(left, concatenate(text('/'), right));
  return concatenate(text(left.text === '' ? '' : `${left.text.replace(/\/$/, '')}/`), right);
}

/** A path object as the text it was made from; everything else as it is. */
export function asText(value: Value): Value {
  return mapValue(value, (option) =>
    option.kind === 'name' && isPathObject(option.path) ? (option.call?.args[0] ?? text('.')) : option,
  );
}

function decode(value: Value | undefined, encoding: BufferEncoding): Value {
  const content = wholeText(value);
  if (content === undefined) return unknown;
  return decodedText(Buffer.from(content, encoding).toString('utf8'));
}

function rot13(content: string): string {
  return content.replace(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

function fromCodes(values: Value[]): Value {
  const codes = values.flatMap((value) => (value.kind === 'number' ? [value.number] : []));
  if (codes.length !== values.length || codes.length === 0) return unknown;
  const valid = codes.every((code) => Number.isInteger(code) && code >= 0 && code <= 0x10ffff);
  return valid ? decodedText(String.fromCodePoint(...codes.slice(0, 10_000))) : unknown;
}

function codecsDecode(call: Call): Value {
  const encoding = wholeText(call.args[1]) ?? wholeText(call.named.get('encoding'));
  if (encoding === undefined) return call.args[0] ?? unknown;
  if (/rot.?13/i.test(encoding)) {
    const content = wholeText(call.args[0]);
    return content === undefined ? unknown : decodedText(rot13(content));
  }
  if (/hex/i.test(encoding)) return decode(call.args[0], 'hex');
  return /base64/i.test(encoding) ? decode(call.args[0], 'base64') : unknown;
}

function bufferFrom(call: Call): Value {
  const first = call.args[0];
  if (first?.kind === 'list') return fromCodes(first.items);
  const encoding = wholeText(call.args[1]);
  if (encoding === 'base64' || encoding === 'base64url') return decode(first, 'base64');
  return encoding === 'hex' ? decode(first, 'hex') : (first ?? unknown);
}

function parentFolder(value: Value | undefined): Value {
  if (value === undefined) return unknown;
  return mapValue(asText(value), (option) =>
    option.kind === 'text' && option.whole
      ? text(option.text.replace(/\/?[^/]*\/?$/, '') || (option.text.startsWith('/') ? '/' : '.'))
      : unknown,
  );
}

function homeVariable(call: Call): Value | null {
  const variable = wholeText(call.args[0]);
  if (variable === 'HOME' || variable === 'USERPROFILE') return text('~');
  return null;
}

/** `JSON.parse('"text"')`. */
function parsedText(call: Call): Value | null {
  const found = /^\s*"(?:[^"\\]|\\.)*"\s*$/.exec(wholeText(call.args[0]) ?? '');
  if (found === null) return null;
  try {
    return text(String(JSON.parse(found[0])));
  } catch {
    return null;
  }
}

/** `new URL('../data.json', import.meta.url)`: a path beside a file of the program; `new URL('file:///etc')`: that path. */
function relativeAddress(call: Call): Value | null {
  const base = wholeText(call.args[1]);
  const address = wholeText(call.args[0]);
  if (address !== undefined && /^file:/i.test(address))
    return text(address.replace(/^file:(\/\/[^/]*)?/i, ''));
  if (base === undefined || address === undefined || /^[a-z]+:/i.test(base) || /^[a-z]+:/i.test(address))
    return null;
  return joinPath([text(posix.dirname(base)), text(address)]);
}

const first = (call: Call): Value => asText(call.args[0] ?? unknown);

const foldable: Readonly<Record<string, (call: Call) => Value | null>> = {
  'os.path.join': (call) => joinPath(call.args),
  'posixpath.join': (call) => joinPath(call.args),
  'path.join': (call) => joinPath(call.args),
  'path.resolve': (call) => joinPath(call.args),
  'path.posix.join': (call) => joinPath(call.args),
  'os.path.dirname': (call) => parentFolder(call.args[0]),
  'path.dirname': (call) => parentFolder(call.args[0]),
  'os.path.expanduser': first,
  'os.path.expandvars': first,
  'os.path.abspath': first,
  'os.path.realpath': first,
  'os.path.normpath': first,
  'path.normalize': first,
  'os.fsencode': first,
  'os.fspath': first,
  'JSON.parse': parsedText,
  URL: relativeAddress,
  'url.URL': relativeAddress,
  'url.fileURLToPath': first,
  'url.pathToFileURL': first,
  'util.promisify': (call) => call.args[0] ?? unknown,
  'functools.partial': (call) => call.args[0] ?? unknown,
  str: first,
  bytes: (call) => (call.args[0]?.kind === 'list' ? fromCodes(call.args[0].items) : first(call)),
  bytearray: (call) => (call.args[0]?.kind === 'list' ? fromCodes(call.args[0].items) : first(call)),
  String: first,
  Object: (call) => call.args[0] ?? unknown,
  chr: (call) => fromCodes(call.args),
  'String.fromCharCode': (call) => fromCodes(call.args),
  'String.fromCodePoint': (call) => fromCodes(call.args),
  'String.raw': first,
  'base64.b64decode': (call) => decode(call.args[0], 'base64'),
  'base64.urlsafe_b64decode': (call) => decode(call.args[0], 'base64'),
  'base64.standard_b64decode': (call) => decode(call.args[0], 'base64'),
  'base64.b16decode': (call) => decode(call.args[0], 'hex'),
  'binascii.a2b_base64': (call) => decode(call.args[0], 'base64'),
  'binascii.unhexlify': (call) => decode(call.args[0], 'hex'),
  'bytes.fromhex': (call) => decode(call.args[0], 'hex'),
  'bytearray.fromhex': (call) => decode(call.args[0], 'hex'),
  'codecs.decode': codecsDecode,
  atob: (call) => decode(call.args[0], 'base64'),
  'Buffer.from': bufferFrom,
  'buffer.Buffer.from': bufferFrom,
  unescape: (call) => percentDecoded(call),
  decodeURIComponent: (call) => percentDecoded(call),
  decodeURI: (call) => percentDecoded(call),
  'os.homedir': () => text('~'),
  'os.userInfo': () => ({ kind: 'record', entries: new Map([['homedir', text('~')]]) }),
  'pathlib.Path.home': () => name('pathlib.Path()', { args: [text('~')], named: new Map() }),
  'pathlib.Path.cwd': () => name('pathlib.Path()', { args: [text('.')], named: new Map() }),
  'os.getcwd': () => text('.'),
  'process.cwd': () => text('.'),
  'site.getusersitepackages': () => text('~/.local/lib/python3'),
  'site.getuserbase': () => text('~/.local'),
  'site.getsitepackages': () => ({ kind: 'list', items: [text('/usr/lib/python3')] }),
  'sysconfig.get_path': () => text('/usr/lib/python3'),
  'tempfile.gettempdir': () => text('/tmp'),
  'tempfile.mkdtemp': () => text('/tmp/x'),
  'os.tmpdir': () => text('/tmp'),
  'fs.mkdtempSync': (call) => call.args[0] ?? unknown,
  'os.getenv': homeVariable,
  'os.environ.get': homeVariable,
};

function percentDecoded(call: Call): Value {
  const content = wholeText(call.args[0]);
  if (content === undefined || !content.includes('%')) return call.args[0] ?? unknown;
  try {
    return decodedText(decodeURIComponent(content));
  } catch {
    return unknown;
  }
}

/** The value of a call whose result can be told without running it; null when it cannot. */
export function foldCall(path: string, call: Call): Value | null {
  const fold = Object.hasOwn(foldable, path) ? foldable[path] : undefined;
  if (fold === undefined) return null;
  const value = fold(call);
  if (
    value?.kind === 'unknown' &&
    /decode|unhexlify|a2b|fromhex|atob|from(CharCode|CodePoint)|^chr$|Buffer\.from/.test(path)
  )
    return null;
  return value;
}

/** The value of a name that is a known text: `os.environ['HOME']`, `os.sep`, `__dirname` in `file`. */
export function foldName(path: string, file: string): Value | null {
  if (/^(os\.environ|process\.env)\.(HOME|USERPROFILE)$/.test(path)) return text('~');
  if (path === 'os.sep' || path === 'path.sep' || path === 'os.path.sep') return text('/');
  if (/^sys\.(base_)?(exec_)?prefix$/.test(path)) return text('/usr');
  if (/^[A-Za-z_]\w*(\.\w+)*\.__file__$/.test(path))
    return text(`/usr/lib/python3/${path.slice(0, path.indexOf('.'))}.py`);
  if (path === '__name__') return text('__main__');
  if (path === 'os.curdir') return text('.');
  if (path === 'os.pardir') return text('..');
  if (path === 'os.devnull' || path === 'os.path.devnull') return text('/dev/null');
  if (path === '__dirname' || path === 'import.meta.dirname') return text(posix.dirname(file));
  if (/^sysconfig\.get_paths\(\)\.\w+$/.test(path)) return text('/usr/lib/python3');
  if (/^(__file(name)?__|__filename|import\.meta\.(filename|url))$/.test(path)) return text(file);
  return null;
}
