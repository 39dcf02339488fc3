import { passedFunctions } from '../passing.ts';
import type { Place, Use } from '../rule.ts';
import { noNames, optionsOf, unknown, type Value } from '../value.ts';
import { directCall, functionsOf, isWritten, loadedModules } from './calls.ts';
import type { Evaluate } from './evaluate.ts';
import type { Node } from './parse.ts';
import { modulePath, type Scope } from './scope.ts';

const mostUses = 20_000;

/** Functions that do something when they are called by whoever is given them. */
const passable = /^(fs|child_process|process|vm|net|http|https)\.[\w.]+$|^(eval|Function|fetch|require)$/;
/** Whoever has one of these has all of its parts. */
export const powerful = /^(child_process|vm|module|worker_threads|process|globalThis|global)$/;

/** Writes down what a script uses, as it is met. */
export function makeRecorder({ at, evaluate }: { at: (offset: number) => Place; evaluate: Evaluate }) {
  const uses: Use[] = [];

  const add = (form: Use['form'], path: string, node: Node, endless: boolean, more: Partial<Use> = {}) => {
    if (uses.length >= mostUses) return;
    const place = at(node.start);
    uses.push({
      ...{ form, path, args: [], named: noNames, receiver: null, at: place, endless, handedOn: false },
      ...more,
    });
  };

  const addImport = (specifier: string, node: Node, endless: boolean) =>
    add('import', specifier.startsWith('.') ? specifier : modulePath(specifier), node, endless);

  /** A module with which anything can be done, loaded by a name that is put together elsewhere. */
  const addHidden = (names: readonly string[], node: Node, endless: boolean) => {
    for (const path of names.map(modulePath))
      if (powerful.test(path)) add('reference', path, node, endless, { handedOn: true });
  };

  /** What can be done with a value that leaves where it stands. */
  const addHandedOn = (value: Node, scope: Scope, endless: boolean) => {
    for (const option of optionsOf(evaluate(value, scope)))
      if (
        option.kind === 'name' &&
        /^(child_process|vm|module|process|globalThis|global|fs|eval|Function|require)$/.test(option.path)
      )
        add('reference', option.path, value, endless, { handedOn: true });
  };

  const addCall = (callee: Node, args: Value[], node: Node, scope: Scope, endless: boolean) => {
    for (const option of optionsOf(evaluate(callee, scope))) {
      if (option.kind !== 'name') continue;
      // Bound, it is called later with what it is bound to.
      if (option.path.endsWith('.bind'))
        add('call', option.path.slice(0, -'.bind'.length), node, endless, {
          args: args.slice(1),
          handedOn: true,
        });
      const direct = directCall(option.path, args);
      if (direct.path === 'require' || direct.path === 'process.getBuiltinModule') {
        const { names, isKnown } = loadedModules(direct.args[0]);
        for (const specifier of names) addImport(specifier, node, endless);
        if (!isWritten(node)) addHidden(names, node, endless);
        if (isKnown) continue;
      }
      add('call', direct.path, node, endless, { args: direct.args, receiver: option.call ?? null });
    }
  };

  /** A call's arguments, with what may be done to those that are functions or whole modules. */
  const addPassed = (callee: Node, args: Value[], node: Node, scope: Scope, endless: boolean) => {
    const list = callee.type === 'MemberExpression' ? evaluate(callee.object, scope) : unknown;
    const receiver = list.kind === 'list' ? list : undefined;
    for (const { path, args: given } of passedFunctions(
      { args, named: noNames },
      (one) => passable.test(one),
      receiver,
    ))
      add('call', path, node, endless, { args: given, handedOn: true });
    // What the program's own functions do with their parameters is followed.
    if (functionsOf(callee, scope).length > 0) return;
    for (const value of args)
      for (const option of optionsOf(value))
        if (option.kind === 'name' && (powerful.test(option.path) || option.path === 'fs'))
          add('reference', option.path, node, endless, { handedOn: true });
  };

  return { uses, add, addImport, addCall, addPassed, addHidden, addHandedOn };
}
