import { foldCall } from '../fold.ts';
import { type Call, mapValue, name, unknown, type Value, wholeText } from '../value.ts';
import { directCall } from './calls.ts';
import { modulePath } from './scope.ts';

/** What the evaluator offers to whoever calls by name. */
export interface Naming {
  /** A path as a value, in its one way of writing. */
  named(path: string, made?: Call): Value;
  /** A member of a value. */
  part(value: Value, key: string): Value;
}

/** The modules that go by the names a loader may be given. */
export function loaded(specifier: Value | undefined, named: (path: string) => Value): Value {
  return mapValue(specifier ?? unknown, (option) => {
    const content = wholeText(option);
    return content === undefined ? unknown : named(modulePath(content));
  });
}

/** Tells what a call of something known by its name gives. */
export function makeCallNamed({ named, part }: Naming) {
  const callNamed = (target: Value & { kind: 'name' }, made: Call): Value => {
    const [first, second] = made.args;
    if (target.path === 'require') return loaded(first, named);
    if (target.path === 'process.getBuiltinModule' && wholeText(first) !== undefined)
      return loaded(first, named);
    const direct = directCall(target.path, made.args);
    if (direct.path !== target.path)
      return callNamed({ kind: 'name', path: direct.path }, { ...made, args: direct.args });
    if (target.path.endsWith('.bind')) return named(target.path.slice(0, -'.bind'.length), target.call);
    if (target.path === 'Reflect.get')
      return first === undefined ? unknown : part(first, wholeText(second) ?? '*');
    if (/^(Object|Reflect)\.getOwnPropertyDescriptor$/.test(target.path) && first !== undefined)
      return descriptor(part(first, wholeText(second) ?? '*'));
    return foldCall(target.path, made) ?? named(`${target.path}()`, made);
  };

  /** A property's value, or the function that gives it: either leads to it. */
  const descriptor = (value: Value): Value =>
    value.kind === 'unknown'
      ? unknown
      : {
          kind: 'record',
          entries: new Map([
            ['value', value],
            ['get', mapValue(value, (one) => (one.kind === 'name' ? name(one.path) : unknown))],
          ]),
        };

  return callNamed;
}
