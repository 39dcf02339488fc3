import type { CodeFacts, Place } from '../rule.ts';
import { optionsOf, unknown, type Value, wholeText } from '../value.ts';
import { isEndless, loadedModules } from './calls.ts';
import { makeEvaluate } from './evaluate.ts';
import { keyName } from './keys.ts';
import { freeOwner, isOwnName } from './owners.ts';
import { childrenOf, isTypeOnly, type Node } from './parse.ts';
import { makeRecorder, powerful } from './record.ts';
import { collectScopes, modulePath, type Scope } from './scope.ts';
import { endsQuietly } from './verdict.ts';

/** What a parsed file uses that is not its own. Throws RangeError where the source is nested deeper than the stack allows. */
export function scriptFacts(file: string, program: Node, at: (offset: number) => Place): CodeFacts {
  const scopes = collectScopes(program);
  const evaluate = makeEvaluate(scopes, file);

  const record = makeRecorder({ at, evaluate });
  const { add, addImport, addCall, addPassed, addHidden, addHandedOn } = record;

  const addReference = (node: Node, scope: Scope, endless: boolean) => {
    const options = optionsOf(evaluate(node, scope));
    for (const option of options)
      if (option.kind === 'name')
        add('reference', option.path, node, endless, { receiver: option.call ?? null });
    // A name that is a known text (`__dirname`, `process.env.HOME`) still is a use of what it is read from.
    const owner = options.every(({ kind }) => kind === 'text') ? freeOwner(node, scope) : null;
    if (owner !== null) add('reference', owner, node, endless);
  };

  /** Visits what stands inside a chain (`a(x).b[y]`) without reporting its beginnings as uses of their own. */
  const walkChain = (node: Node, scope: Scope, endless: boolean): void => {
    if (node.type === 'MemberExpression') {
      if (node.computed) walk(node.property, scope, endless);
      walkChain(node.object, scope, endless);
    } else if (node.type === 'ChainExpression') walkChain(node.expression, scope, endless);
    else if (node.type !== 'Identifier') walk(node, scope, endless);
  };

  const walkFunction = (node: Node, scope: Scope, endless: boolean): void => {
    const inner = scopes.of.get(node) ?? scope;
    for (const child of childrenOf(node))
      if (child.type !== 'Identifier' || !isOwnName(node, child)) walk(child, inner, endless);
  };

  const walk = (node: Node, outer: Scope, endless: boolean): void => {
    const scope = scopes.of.get(node) ?? outer;
    switch (node.type) {
      case 'Identifier':
        addReference(node, scope, endless);
        return;
      case 'MemberExpression':
        addReference(node, scope, endless);
        walkChain(node, scope, endless);
        return;
      case 'CallExpression':
      case 'NewExpression': {
        const args = node.arguments.map((argument) =>
          argument.type === 'SpreadElement' ? unknown : evaluate(argument, scope),
        );
        addCall(node.callee, args, node, scope, endless);
        addPassed(node.callee, args, node, scope, endless);
        if (endsQuietly(wholeText(args[0]), node.arguments[1], scopes))
          add('reference', '?.quietEnd', node, endless);
        walkChain(node.callee, scope, endless);
        const repeats = endless || (node.callee.type === 'Identifier' && node.callee.name === 'setInterval');
        for (const argument of node.arguments) walk(argument, scope, repeats);
        return;
      }
      case 'TaggedTemplateExpression': {
        const args = [node.quasi, ...node.quasi.expressions].map((inner) => evaluate(inner, scope));
        addCall(node.tag, args, node, scope, endless);
        walkChain(node.tag, scope, endless);
        walk(node.quasi, scope, endless);
        return;
      }
      case 'UnaryExpression':
        // To ask what kind of thing a global is uses nothing of it.
        if (node.operator === 'typeof' && node.argument.type === 'Identifier') return;
        if (node.operator === 'typeof' && node.argument.type === 'MemberExpression')
          walkChain(node.argument, scope, endless);
        else walk(node.argument, scope, endless);
        return;
      case 'SpreadElement':
        for (const option of optionsOf(evaluate(node.argument, scope)))
          if (option.kind === 'name' && powerful.test(option.path))
            add('reference', option.path, node, endless, { handedOn: true });
        walk(node.argument, scope, endless);
        return;
      case 'ThrowStatement':
        addHandedOn(node.argument, scope, endless);
        walk(node.argument, scope, endless);
        return;
      case 'ReturnStatement':
        if (node.argument === null) return;
        if (node.argument.type === 'Identifier' && node.argument.name === 'Function')
          addHandedOn(node.argument, scope, endless);
        walk(node.argument, scope, endless);
        return;
      case 'WithStatement':
        add('reference', '?.with', node, endless);
        walk(node.object, scope, endless);
        walk(node.body, scope, endless);
        return;
      case 'ImportExpression': {
        const source = evaluate(node.source, scope);
        const { names, isKnown } = loadedModules(source);
        for (const specifier of names) addImport(specifier, node, endless);
        if (node.source.type !== 'Literal') addHidden(names, node, endless);
        if (!isKnown) add('call', 'import', node, endless, { args: [source] });
        walk(node.source, scope, endless);
        return;
      }
      case 'ImportDeclaration':
        if (node.importKind !== 'type') addImport(node.source.value, node, endless);
        return;
      case 'TSImportEqualsDeclaration':
        if (node.moduleReference.type === 'TSExternalModuleReference')
          addImport(node.moduleReference.expression.value, node, endless);
        return;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node.source !== null && node.exportKind !== 'type') {
          addImport(node.source.value, node, endless);
          const module = modulePath(node.source.value);
          if (node.type === 'ExportAllDeclaration') add('reference', `${module}.*`, node, endless);
          else
            for (const { local } of node.specifiers)
              add('reference', `${module}.${'name' in local ? local.name : local.value}`, node, endless);
        }
        if (node.type === 'ExportNamedDeclaration') {
          if (node.declaration !== null && !isTypeOnly(node.declaration))
            walk(node.declaration, scope, endless);
          else if (node.source === null && node.exportKind !== 'type')
            for (const specifier of node.specifiers) walk(specifier.local, scope, endless);
        }
        return;
      case 'VariableDeclarator':
        walkPattern(node.id, scope, endless);
        if (node.init !== null) walkInitial(node.init, node.id, scope, endless);
        return;
      case 'AssignmentExpression':
        walkTarget(node.left, scope, endless, evaluate(node.right, scope));
        walk(node.right, scope, endless);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        walkFunction(node, outer, endless);
        return;
      case 'Property':
        if (node.computed) walk(node.key, scope, endless);
        else if (keyName(node.key, false) === '__proto__') addHandedOn(node.value, scope, endless);
        walk(node.value, scope, endless);
        return;
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        if (node.computed) walk(node.key, scope, endless);
        if (node.value?.type === 'Identifier' && node.value.name === 'Function')
          addHandedOn(node.value, scope, endless);
        if (node.value !== null) walk(node.value, scope, endless);
        return;
      case 'ObjectPattern':
      case 'ArrayPattern':
      case 'AssignmentPattern':
      case 'RestElement':
        walkPattern(node, scope, endless);
        return;
      case 'CatchClause':
        walk(node.body, scope, endless);
        return;
      case 'LabeledStatement':
        walk(node.body, scope, endless);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        if (node.type === 'MetaProperty' && node.meta.name === 'import')
          add('reference', 'import.meta', node, endless);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (node.superClass !== null) {
          walk(node.superClass, scope, endless);
          // A class of functions is given its code as text.
          const parents = optionsOf(evaluate(node.superClass, scope));
          if (parents.some((option) => option.kind === 'name' && option.path === 'Function'))
            add('call', 'Function', node, endless, { args: [unknown] });
        }
        for (const decorator of node.decorators) walk(decorator.expression, scope, endless);
        walk(node.body, scope, endless);
        return;
      case 'TSEnumMember':
        if (node.initializer !== null) walk(node.initializer, scope, endless);
        return;
      case 'TSModuleDeclaration':
        if (node.body !== null && node.body !== undefined) walk(node.body, scope, endless);
        return;
      case 'JSXElement':
      case 'JSXFragment':
        add('reference', 'React', node, endless);
        for (const child of childrenOf(node)) walk(child, scope, endless);
        return;
      default:
        for (const child of childrenOf(node)) walk(child, scope, endless || isEndless(node));
    }
  };

  /** `const { exec } = require('child_process')` hands nothing on: what is used of it is reported where it is used. */
  const walkInitial = (node: Node, id: Node, scope: Scope, endless: boolean): void => {
    const plain = id.type === 'ObjectPattern' || id.type === 'Identifier';
    const isModule =
      plain &&
      (node.type === 'Identifier' || node.type === 'MemberExpression') &&
      optionsOf(evaluate(node, scope)).every(
        (option) => option.kind === 'name' && !option.path.includes('.'),
      );
    if (isModule && node.type === 'Identifier' && id.type === 'ObjectPattern') return;
    walk(node, scope, endless);
  };

  const walkTarget = (node: Node, scope: Scope, endless: boolean, value: Value = unknown): void => {
    if (node.type === 'Identifier') return;
    if (node.type === 'MemberExpression') {
      for (const option of optionsOf(evaluate(node, scope)))
        if (option.kind === 'name') {
          add('reference', option.path, node, endless);
          add('assignment', option.path, node, endless, { args: [value] });
        }
      walkChain(node, scope, endless);
    } else walkPattern(node, scope, endless);
  };

  const walkPattern = (node: Node, scope: Scope, endless: boolean): void => {
    switch (node.type) {
      case 'AssignmentPattern':
        walkPattern(node.left, scope, endless);
        walk(node.right, scope, endless);
        return;
      case 'ArrayPattern':
        for (const element of node.elements) if (element !== null) walkPattern(element, scope, endless);
        return;
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.type === 'RestElement') continue;
          if (property.computed) walk(property.key, scope, endless);
          walkPattern(property.value, scope, endless);
        }
        return;
      case 'MemberExpression':
        walkTarget(node, scope, endless);
        return;
    }
  };

  walk(program, scopes.root, false);
  return { file, uses: record.uses };
}
