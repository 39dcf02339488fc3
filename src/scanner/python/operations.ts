import { foldCall, foldName } from '../fold.ts';
import { dividePath, pathObject, percentFormat } from '../methods.ts';
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
} from '../value.ts';
import { canonicalPath } from './names.ts';

/** A name as a value: in its one way of writing, or the text it stands for in `file`. */
export function named(path: string, file: string, call?: Call): Value {
  const canonical = canonicalPath(path);
  return foldName(canonical, file) ?? name(canonical, call);
}

export function arithmetic(operator: string, left: Value, right: Value): Value {
  if (operator === '+') {
    if (left.kind === 'number' && right.kind === 'number')
      return { kind: 'number', number: left.number + right.number };
    return concatenate(left, right);
  }
  if (operator === '/') return dividePath(left, right);
  if (operator === '%') return left.kind === 'text' ? percentFormat(left, right) : unknown;
  return operator === '-' && left.kind === 'number' && right.kind === 'number'
    ? { kind: 'number', number: left.number - right.number }
    : unknown;
}

/** What calling a value gives. */
export function callValue(target: Value, call: Call, file: string): Value {
  return mapValue(target, (option) =>
    option.kind === 'name' ? callNamed(option.path, call, file) : unknown,
  );
}

function callNamed(path: string, call: Call, file: string): Value {
  const first = wholeText(call.args[0]);
  if (path === 'importlib.import_module' && first !== undefined) return named(first, file);
  if (path === 'pkgutil.resolve_name' && first !== undefined) return named(first.replace(':', '.'), file);
  if (path === 'sys.modules.get' && first !== undefined) return named(first, file);
  if (path === '__import__' && first !== undefined) return named(first.split('.')[0] ?? first, file);
  if (path === 'getattr' && call.args[0] !== undefined) {
    return mapValue(call.args[0], (one) =>
      mapValue(call.args[1] ?? unknown, (attribute) =>
        one.kind === 'name' && attribute.kind === 'text' && attribute.whole
          ? named(`${one.path}.${attribute.text}`, file, one.call)
          : unknown,
      ),
    );
  }
  if (path === 'vars' && call.args[0] !== undefined)
    return mapValue(call.args[0], (one) => (one.kind === 'name' ? one : unknown));
  if (isPathObject(`${path}()`)) return pathObject(foldCall('os.path.join', call) ?? text('.'));
  return foldCall(path, call) ?? named(`${path}()`, file, call);
}

/** `value[key]`. */
export function subscriptValue(value: Value, key: Value, isSlice: boolean, file: string): Value {
  const content = wholeText(key);
  return mapValue(value, (option) => {
    if (option.kind === 'list' && key.kind === 'number') return option.items.at(key.number) ?? unknown;
    if (option.kind === 'record' && content !== undefined) return option.entries.get(content) ?? unknown;
    if (option.kind === 'name' && content !== undefined)
      return option.path === 'sys.modules'
        ? named(content, file)
        : named(`${option.path}.${content}`, file, option.call);
    if (option.kind === 'name') return name(`${option.path}.*`, option.call);
    return option.kind === 'text' && !isSlice && key.kind === 'number'
      ? text(option.text.at(key.number) ?? '')
      : unknown;
  });
}

/** `value[::-1]`. */
export function reversed(value: Value): Value {
  return mapValue(value, (option) => {
    if (option.kind === 'text' && option.whole) return decodedText([...option.text].reverse().join(''));
    return option.kind === 'list' ? { kind: 'list', items: [...option.items].reverse() } : unknown;
  });
}
