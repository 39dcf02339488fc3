import { foldName } from '../fold.ts';
import { foldMethod } from '../methods.ts';
import {
  type Call,
  choice,
  concatenate,
  concatenateAll,
  mapValue,
  name,
  noNames,
  optionsOf,
  text,
  unknown,
  type Value,
  wholeText,
} from '../value.ts';
import { loaded, makeCallNamed } from './called.ts';
import { canonicalPath, functionsOf, returnedBy } from './calls.ts';
import { keyName, ownPropertyPath } from './keys.ts';
import type { Node } from './parse.ts';
import type { Scope, Scopes, Source, Step } from './scope.ts';

/** Tells what an expression is worth without running it. */
export type Evaluate = (node: Node, scope: Scope) => Value;

const deepest = 80;

export function makeEvaluate(scopes: Scopes, file: string): Evaluate {
  const known = new WeakMap<Node, Value>();
  let depth = 0;

  const evaluate: Evaluate = (node, scope) => {
    const before = known.get(node);
    if (before !== undefined) return before;
    if (depth > deepest) return unknown;
    known.set(node, unknown);
    depth += 1;
    try {
      const value = compute(node, scope);
      known.set(node, value);
      return value;
    } finally {
      depth -= 1;
    }
  };

  const compute: Evaluate = (node, scope) => {
    switch (node.type) {
      case 'Literal':
        if (typeof node.value === 'string') return text(node.value);
        return typeof node.value === 'number' ? { kind: 'number', number: node.value } : unknown;
      case 'TemplateLiteral':
        return concatenateAll(
          node.quasis.flatMap((quasi, index) => {
            const expression = node.expressions[index];
            const literal = text(quasi.value.cooked ?? quasi.value.raw);
            return expression === undefined ? [literal] : [literal, evaluate(expression, scope)];
          }),
        );
      case 'TaggedTemplateExpression': {
        const tag = evaluate(node.tag, scope);
        if (tag.kind !== 'name') return unknown;
        return tag.path === 'String.raw'
          ? evaluate(node.quasi, scope)
          : callNamed(tag, templateCall(node, scope));
      }
      case 'Identifier':
        return identifier(node.name, scope);
      case 'MetaProperty':
        return node.meta.name === 'import' ? name('import.meta') : unknown;
      case 'MemberExpression':
        return memberExpression(node, scope);
      case 'ImportExpression': {
        return loaded(evaluate(node.source, scope), name);
      }
      case 'CallExpression':
      case 'NewExpression':
        return call(node.callee, node.arguments, scope);
      case 'BinaryExpression':
        return node.operator === '+'
          ? concatenate(evaluate(node.left, scope), evaluate(node.right, scope))
          : unknown;
      case 'LogicalExpression':
        return choice([evaluate(node.left, scope), evaluate(node.right, scope)]);
      case 'ConditionalExpression':
        return choice([evaluate(node.consequent, scope), evaluate(node.alternate, scope)]);
      case 'SequenceExpression': {
        const last = node.expressions.at(-1);
        return last === undefined ? unknown : evaluate(last, scope);
      }
      case 'AssignmentExpression':
        return evaluate(node.right, scope);
      case 'AwaitExpression':
        return evaluate(node.argument, scope);
      case 'UnaryExpression': {
        const value = evaluate(node.argument, scope);
        return node.operator === '-' && value.kind === 'number'
          ? { kind: 'number', number: -value.number }
          : unknown;
      }
      case 'ChainExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
      case 'TSInstantiationExpression':
      case 'ParenthesizedExpression':
        return evaluate(node.expression, scope);
      case 'ArrayExpression':
        return {
          kind: 'list',
          items: node.elements
            .slice(0, 5000)
            .flatMap((element) => (element === null ? [unknown] : spread(element, scope))),
        };
      case 'ObjectExpression': {
        const entries = new Map<string, Value>();
        for (const property of node.properties) {
          if (property.type !== 'Property') continue;
          const key = keyName(property.key, property.computed);
          if (key !== null) entries.set(key, evaluate(property.value, scope));
        }
        return { kind: 'record', entries };
      }
      default:
        return unknown;
    }
  };

  /** A tag is called with the list of texts and the values between them. */
  const templateCall = (node: Node & { type: 'TaggedTemplateExpression' }, scope: Scope): Call => ({
    args: [evaluate(node.quasi, scope), ...node.quasi.expressions.map((inner) => evaluate(inner, scope))],
    named: noNames,
  });

  const spread = (node: Node, scope: Scope): Value[] => {
    if (node.type !== 'SpreadElement') return [evaluate(node, scope)];
    const value = evaluate(node.argument, scope);
    if (value.kind === 'list') return value.items;
    return value.kind === 'text' && value.whole
      ? [...value.text].slice(0, 5000).map((part) => text(part))
      : [unknown];
  };

  const identifier = (identifierName: string, scope: Scope): Value => {
    let owner: Scope | null = scope;
    while (owner !== null) {
      const sources = owner.bindings.get(identifierName);
      if (sources !== undefined) return choice(sources.map(sourceValue));
      owner = owner.parent;
    }
    return foldName(identifierName, file) ?? named(identifierName);
  };

  const named = (path: string, made?: Call): Value => {
    const canonical = canonicalPath(path);
    return foldName(canonical, file) ?? name(canonical, made);
  };

  const sourceValue = (source: Source): Value => {
    switch (source.kind) {
      case 'name':
        return named(source.path);
      case 'own':
        return unknown;
      case 'expression':
        return take(evaluate(source.node, source.scope), source.steps);
      case 'parameter': {
        const giver = source.index === 0 ? scopes.givers.get(source.of) : undefined;
        if (giver !== undefined) {
          const given = evaluate(giver.node, giver.scope);
          return take(giver.item ? anyPart(given) : given, source.steps);
        }
        const called = scopes.names.get(source.of);
        const sites = called === undefined ? [] : (scopes.calls.get(called) ?? []);
        return take(
          choice(
            sites.map((site) => {
              const argument = site.args[source.index];
              return argument === undefined ? unknown : evaluate(argument, site.scope);
            }),
          ),
          source.steps,
        );
      }
    }
  };

  const take = (value: Value, steps: readonly Step[]): Value =>
    steps.reduce((whole, step) => {
      if (step === null) return anyPart(whole);
      const key = typeof step === 'string' ? step : constantKey(step.key, step.scope);
      return key === undefined ? anyPart(whole) : part(whole, key);
    }, value);

  const anyPart = (value: Value): Value =>
    mapValue(value, (option) => {
      if (option.kind === 'list') return choice(option.items);
      return option.kind === 'name' ? name(`${option.path}.*`, option.call) : unknown;
    });

  const part = (value: Value, key: string): Value =>
    mapValue(value, (option) => {
      if (option.kind === 'record') return option.entries.get(key) ?? unknown;
      if (option.kind === 'list') return option.items[Number(key)] ?? unknown;
      if (option.kind === 'name') return named(`${option.path}.${key}`, option.call);
      if (option.kind === 'text' && option.whole && /^\d+$/.test(key))
        return text(option.text[Number(key)] ?? '');
      return key === 'constructor' ? name('?.constructor') : unknown;
    });

  const memberExpression = (node: Node & { type: 'MemberExpression' }, scope: Scope): Value => {
    const own = ownPropertyPath(node);
    const sources = own === null ? undefined : scopes.properties.get(own);
    const object = node.object.type === 'ThisExpression' ? unknown : evaluate(node.object, scope);
    const direct = choice(
      keysOf(node, scope).map((key) => (key === null ? anyMember(object) : part(object, key))),
    );
    if (sources === undefined) return direct;
    const assigned = sources.map(sourceValue);
    return choice(direct.kind === 'unknown' ? assigned : [direct, ...assigned]);
  };

  const anyMember = (object: Value): Value =>
    mapValue(object, (option) => (option.kind === 'name' ? name(`${option.path}.*`, option.call) : unknown));

  /** Every name a member may have; null is one that is not known. */
  const keysOf = (node: Node & { type: 'MemberExpression' }, scope: Scope): (string | null)[] => {
    const plain = keyName(node.property, node.computed);
    if (plain !== null || !node.computed) return [plain];
    return optionsOf(evaluate(node.property, scope)).map((option) => {
      if (option.kind === 'number') return String(option.number);
      return option.kind === 'text' && option.whole ? option.text : null;
    });
  };

  const constantKey = (node: Node, scope: Scope): string | undefined => {
    const value = evaluate(node, scope);
    return value.kind === 'number' ? String(value.number) : wholeText(value);
  };

  const call = (callee: Node, argumentNodes: readonly Node[], scope: Scope): Value => {
    const made: Call = { args: argumentNodes.flatMap((node) => spread(node, scope)), named: noNames };
    const target = callee.type === 'ChainExpression' ? callee.expression : callee;
    if (target.type === 'MemberExpression') {
      const method = keyName(target.property, target.computed) ?? constantKey(target.property, scope);
      const receiver = evaluate(target.object, scope);
      const folded = method === undefined || method === null ? null : foldMethod(receiver, method, made);
      if (folded !== null) return folded;
    }
    const returned = ownReturn(target, scope);
    if (returned !== null) return returned;
    return mapValue(evaluate(target, scope), (option) =>
      option.kind === 'name' ? callNamed(option, made) : unknown,
    );
  };

  /** What the program's own function gives back; `this` of a plain call is the global object. */
  const ownReturn = (callee: Node, scope: Scope): Value | null => {
    const functions = functionsOf(callee, scope);
    if (functions.length === 0) return null;
    return choice(
      functions.flatMap((one) =>
        returnedBy(one).map((value) =>
          value.type === 'ThisExpression' && one.type !== 'ArrowFunctionExpression'
            ? name('globalThis')
            : evaluate(value, scopes.of.get(one) ?? scope),
        ),
      ),
    );
  };

  const callNamed = makeCallNamed({ named, part });

  return evaluate;
}
