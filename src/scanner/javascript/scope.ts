import { keyName, lastName, moduleExportName, ownPropertyPath } from './keys.ts';
import { childrenOf, isFunction, type Node, unwrapped } from './parse.ts';

/** A step from a value to a part of it: a property, one whose name is worked out, or null for "some part". */
export type Step = string | null | { key: Node; scope: Scope };

export type Source =
  | { kind: 'expression'; node: Node; scope: Scope; steps: Step[] }
  | { kind: 'name'; path: string }
  | { kind: 'parameter'; of: Node; index: number; steps: Step[] }
  | { kind: 'own' };

export interface Scope {
  parent: Scope | null;
  bindings: Map<string, Source[]>;
  /** Of a function: where `var` lands. */
  hoists: boolean;
}

export interface CallSite {
  args: readonly Node[];
  scope: Scope;
}

export interface Scopes {
  /** The scope that a node opens. */
  of: ReadonlyMap<Node, Scope>;
  root: Scope;
  /** Calls by the last name of what is called. */
  calls: ReadonlyMap<string, CallSite[]>;
  /** The name a function goes by. */
  names: ReadonlyMap<Node, string>;
  /** What the first parameter of a function is taken from: `x` in `x.then(f)`, an item of `x` in `x.map(f)`. */
  givers: ReadonlyMap<Node, { node: Node; scope: Scope; item: boolean }>;
  /** What is assigned to `this.x`, and to properties of the program's own names: `tool.run = …`. */
  properties: ReadonlyMap<string, Source[]>;
}

/** `node:fs/promises` → `fs.promises`; anything that is not a plain module name stays as it is. */
export function modulePath(specifier: string): string {
  const plain = specifier.replace(/^node:/, '');
  return plain.startsWith('.') || plain.startsWith('/') ? plain : plain.replaceAll('/', '.');
}

const itemwise = new Set('forEach map flatMap filter find some every'.split(' '));

/** Reads all declarations of a file. */
export function collectScopes(program: Node): Scopes {
  const of = new Map<Node, Scope>();
  const calls = new Map<string, CallSite[]>();
  const names = new Map<Node, string>();
  const givers = new Map<Node, { node: Node; scope: Scope; item: boolean }>();
  const properties = new Map<string, Source[]>();
  const assigned: { scope: Scope; name: string; source: Source }[] = [];
  const root: Scope = { parent: null, bindings: new Map(), hoists: true };

  const declare = (scope: Scope, name: string, source: Source) => {
    const sources = scope.bindings.get(name);
    if (sources === undefined) scope.bindings.set(name, [source]);
    else if (sources.length < 16) sources.push(source);
  };

  const hoisting = (scope: Scope): Scope => {
    let target = scope;
    while (!target.hoists && target.parent !== null) target = target.parent;
    return target;
  };

  const extend = (source: Source, step: Step): Source =>
    source.kind === 'expression' || source.kind === 'parameter'
      ? { ...source, steps: [...source.steps, step] }
      : source.kind === 'name' && typeof step === 'string'
        ? { kind: 'name', path: `${source.path}.${step}` }
        : source;

  const bindPattern = (
    pattern: Node,
    source: Source,
    put: (name: string, source: Source) => void,
    scope: Scope,
  ): void => {
    switch (pattern.type) {
      case 'Identifier':
        put(pattern.name, source);
        break;
      case 'AssignmentPattern':
        bindPattern(pattern.left, source, put, scope);
        bindPattern(pattern.left, { kind: 'expression', node: pattern.right, scope, steps: [] }, put, scope);
        break;
      case 'RestElement':
        bindPattern(pattern.argument, { kind: 'own' }, put, scope);
        break;
      case 'TSParameterProperty':
        bindPattern(pattern.parameter, source, put, scope);
        break;
      case 'ArrayPattern':
        pattern.elements.forEach((element, index) => {
          if (element !== null) bindPattern(element, extend(source, String(index)), put, scope);
        });
        break;
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          // What is left over is some part of it.
          if (property.type === 'RestElement')
            bindPattern(property.argument, extend(source, null), put, scope);
          else
            bindPattern(
              property.value,
              extend(source, keyName(property.key, property.computed) ?? { key: property.key, scope }),
              put,
              scope,
            );
        }
        break;
      case 'MemberExpression': {
        const path = ownPropertyPath(pattern);
        if (path !== null) addTo(properties, path, source);
        break;
      }
    }
  };

  const walk = (node: Node, scope: Scope): void => {
    let inner = scope;
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        inner = { parent: scope, bindings: new Map(), hoists: true };
        of.set(node, inner);
        if (node.id !== null && node.id !== undefined) {
          declare(node.type === 'FunctionDeclaration' ? scope : inner, node.id.name, {
            ...{ kind: 'expression', node, scope, steps: [] },
          });
          names.set(node, node.id.name);
        }
        const own = inner;
        node.params.forEach((parameter, index) => {
          bindPattern(
            parameter,
            { kind: 'parameter', of: node, index, steps: [] },
            (name, source) => declare(own, name, source),
            own,
          );
        });
        break;
      }
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (node.id !== null) declare(scope, node.id.name, { kind: 'own' });
        break;
      case 'TSEnumDeclaration':
        declare(scope, node.id.name, { kind: 'own' });
        break;
      case 'TSModuleDeclaration':
        // What is only declared is somebody else's.
        if (node.declare) return;
        if (node.id.type === 'Identifier') declare(scope, node.id.name, { kind: 'own' });
        break;
      case 'BlockStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'SwitchStatement':
      case 'CatchClause':
        inner = { parent: scope, bindings: new Map(), hoists: false };
        of.set(node, inner);
        if (node.type === 'CatchClause' && node.param !== null) {
          const own = inner;
          bindPattern(node.param, { kind: 'own' }, (name, source) => declare(own, name, source), own);
        }
        if (
          (node.type === 'ForOfStatement' || node.type === 'ForInStatement') &&
          node.left.type === 'VariableDeclaration'
        ) {
          const own = node.left.kind === 'var' ? hoisting(inner) : inner;
          const source: Source =
            node.type === 'ForOfStatement'
              ? { kind: 'expression', node: node.right, scope: inner, steps: [null] }
              : { kind: 'own' };
          for (const declarator of node.left.declarations)
            bindPattern(declarator.id, source, (name, bound) => declare(own, name, bound), own);
        }
        break;
      case 'VariableDeclaration': {
        const target = node.kind === 'var' ? hoisting(scope) : scope;
        for (const { id, init } of node.declarations) {
          if (
            init === null &&
            target.bindings.size > 0 &&
            id.type === 'Identifier' &&
            target.bindings.has(id.name)
          )
            continue;
          const source: Source =
            init === null ? { kind: 'own' } : { kind: 'expression', node: init, scope, steps: [] };
          bindPattern(id, source, (name, bound) => declare(target, name, bound), scope);
          if (id.type === 'Identifier' && init !== null) names.set(init, id.name);
        }
        break;
      }
      case 'ImportDeclaration':
        if (node.importKind === 'type') return;
        for (const specifier of node.specifiers) {
          const path = modulePath(node.source.value);
          const member =
            specifier.type === 'ImportSpecifier' ? moduleExportName(specifier.imported) : 'default';
          declare(scope, specifier.local.name, {
            kind: 'name',
            path: member === 'default' ? path : `${path}.${member}`,
          });
        }
        return;
      case 'TSImportEqualsDeclaration':
        if (node.moduleReference.type === 'TSExternalModuleReference')
          declare(scope, node.id.name, {
            kind: 'name',
            path: modulePath(node.moduleReference.expression.value),
          });
        return;
      case 'AssignmentExpression': {
        const source: Source = { kind: 'expression', node: node.right, scope, steps: [] };
        bindPattern(
          node.left,
          node.operator === '=' || node.operator.length === 3 ? source : { kind: 'own' },
          (name, bound) => assigned.push({ scope, name, source: bound }),
          scope,
        );
        if (node.left.type === 'MemberExpression') names.set(node.right, lastName(node.left) ?? '');
        break;
      }
      case 'Property':
      case 'MethodDefinition':
      case 'AccessorProperty':
      case 'PropertyDefinition': {
        const key = keyName(node.key, node.computed);
        if (key !== null && node.value !== null && /^(PropertyDefinition|AccessorProperty)$/.test(node.type))
          addTo(properties, `this.${key}`, { kind: 'expression', node: node.value, scope, steps: [] });
        if (key !== null && node.value !== null) names.set(node.value, key === 'constructor' ? 'new' : key);
        break;
      }
      case 'CallExpression':
      case 'NewExpression': {
        const called = lastName(node.callee);
        const [listener] = node.arguments;
        if (called !== null && listener !== undefined && node.callee.type === 'MemberExpression')
          if (called === 'then' || itemwise.has(called))
            givers.set(listener, { node: node.callee.object, scope, item: called !== 'then' });
        if (called !== null) {
          const callee = unwrapped(node.callee);
          if (isFunction(callee)) names.set(callee, called);
          const sites = calls.get(called) ?? [];
          if (sites.length < 16) sites.push({ args: node.arguments, scope });
          calls.set(called, sites);
        }
        break;
      }
    }
    for (const child of childrenOf(node)) walk(child, inner);
  };
  walk(program, root);
  for (const { scope, name, source } of assigned) {
    let owner: Scope | null = scope;
    while (owner !== null && !owner.bindings.has(name)) owner = owner.parent;
    // A global that is assigned without a declaration may still be the runtime's own.
    if (owner === null) declare(root, name, { kind: 'name', path: name });
    declare(owner ?? root, name, source);
  }
  return { of, root, calls, names, givers, properties };
}

function addTo(map: Map<string, Source[]>, key: string, source: Source): void {
  const sources = map.get(key) ?? [];
  if (sources.length < 16) sources.push(source);
  map.set(key, sources);
}
