import { passedFunctions } from '../passing.ts';
import type { CodeFacts, Place, Use } from '../rule.ts';
import { type Call, noNames, optionsOf, text, type Value } from '../value.ts';
import { keywords, makeCursor } from './cursor.ts';
import { makeEvaluator } from './evaluate.ts';
import { canonicalPath, innerAttribute, isPowerful } from './names.ts';
import { ownClassesIn, ownExamples } from './own.ts';
import { readStructure } from './scope.ts';
import type { Tokens } from './tokenise.ts';
import { alwaysEqual } from './verdict.ts';

const mostUses = 20_000;

/** Functions that do something when they are called by whoever is given them. */
const passable =
  /^(os|shutil|subprocess|io|socket|urllib\.request|requests|pty|importlib|pickle|marshal|ctypes|runpy)\.[\w.]+$|^(eval|exec|open|compile|__import__)$/;
/** Calls that only ask about what they are given. */
const asking = new Set(
  'hasattr getattr isinstance issubclass callable dir print type id repr str help vars reload getsource object setattr delattr spy autospec'.split(
    ' ',
  ),
);
const openers = new Set(['(', '[', '{']);

/** What a file uses that is not its own. */
export function pythonFacts(file: string, tokenised: Tokens, at: (offset: number) => Place): CodeFacts {
  const { tokens } = tokenised;
  const structure = readStructure(tokenised);
  const evaluator = makeEvaluator(tokenised, structure, file);
  const cursor = makeCursor(tokenised);
  const uses: Use[] = [];
  const loops = structure.endless;
  let loop = 0;

  const add = (form: Use['form'], path: string, index: number, more: Partial<Use> = {}) => {
    if (uses.length >= mostUses) return;
    while ((loops[loop]?.to ?? Number.POSITIVE_INFINITY) <= index) loop += 1;
    const endless = loops.slice(loop, loop + 50).some(({ from, to }) => from < index && index < to);
    const place = at(tokens[index]?.offset ?? 0);
    uses.push({
      ...{ form, path, args: [], named: noNames, receiver: null, at: place, endless, handedOn: false },
      ...more,
    });
  };

  const addCall = (target: Value, call: Call, index: number) => {
    for (const option of optionsOf(target))
      if (option.kind === 'name')
        add('call', canonicalPath(option.path), index, {
          args: call.args,
          named: call.named,
          receiver: option.call ?? null,
        });
    for (const { path, args } of passedFunctions(call, (name) => passable.test(name)))
      add('call', path, index, { args, handedOn: true });
  };

  for (const { module, names, at: index } of structure.imports) {
    add('import', module, index);
    for (const imported of names) add('import', `${module}.${imported}`, index);
  }
  const ownClasses = ownClassesIn(cursor, tokens.length);
  const runsExamples = structure.imports.some(({ module }) => module === 'doctest');
  for (const index of alwaysEqual(cursor)) add('reference', '?.__eq__', index);

  tokens.forEach((token, index) => {
    if (token.kind === 'string') {
      const examples = runsExamples ? ownExamples(token.text) : '';
      if (examples !== '') add('call', '?.doctest', index, { args: [text(examples)] });
      // A template can walk from any value to the interpreter's insides.
      if (/^[\w.[\]]+$/.test(token.text) && token.text.length < 500)
        for (const attribute of token.text.split(/[.[\]]/).slice(1))
          if (innerAttribute.test(attribute)) add('reference', `?.${attribute}`, index);
      for (const [field] of token.text.matchAll(/\{[^{}]*__[^{}]*\}/g))
        for (const [attribute] of field.matchAll(/(?<=[.[])__\w+__/g))
          if (innerAttribute.test(attribute)) add('reference', `?.${attribute}`, index);
      return;
    }
    const before = tokens[index - 1];
    const afterDot = before?.kind === 'operator' && before.text === '.';
    const isOwn =
      token.text === '__subclasses__' &&
      ownClasses.has(cursor.textAt(index - 2)) &&
      !cursor.is(index - 3, '.');
    if (token.kind === 'name' && afterDot && innerAttribute.test(token.text) && !isOwn)
      add('reference', `?.${token.text}`, index);
    if (afterDot || structure.declared.has(index)) return;
    const isName = token.kind === 'name' && !keywords.has(token.text);
    const isGroup = token.kind === 'operator' && token.text === '(' && !endsOperand(index - 1);
    if (!isName && !isGroup) return;
    const chain = evaluator.chain(index);
    if (chain === null) return;
    for (const { target, call, at: open } of chain.calls) addCall(target, call, isGroup ? open : index);
    const last = chain.calls.at(-1);
    const calledLast = last !== undefined && (tokenised.partner[last.at] ?? -2) + 1 === chain.end;
    const isAssigned = chain.end > index + 1 && cursor.is(chain.end, '=') && enclosing(index) === -1;
    for (const option of optionsOf(chain.value)) {
      if (option.kind !== 'name') continue;
      const receiver = option.call ?? null;
      if (isAssigned && !calledLast)
        add('assignment', option.path, index, { args: [evaluator.expression(chain.end + 1)] });
      if (isPowerful(option.path) && isHandedOn(index, chain.end))
        add('reference', option.path, index, { receiver, handedOn: true });
      // `getattr(os, 'system')` is called last and yet is nothing but the name of what it gives.
      else if ((!calledLast || !option.path.endsWith(')')) && !isGroup)
        add('reference', option.path, index, { receiver });
    }
  });

  function endsOperand(index: number): boolean {
    const token = tokens[index];
    if (token === undefined) return false;
    if (token.kind === 'name') return !keywords.has(token.text);
    return token.kind === 'string' || (token.kind === 'operator' && /^[)\]}]$/.test(token.text));
  }

  /** The bracket that an expression stands in, on the lines before it; -1 when it stands in none. */
  function enclosing(index: number): number {
    for (let at = index - 1; at >= 0 && index - at < 2_000; at -= 1) {
      const partner = cursor.partnerOf(at);
      if (partner > index) return at;
      if (partner !== -1 && partner < at) at = partner;
      else if (/^(newline|indent|dedent)$/.test(tokens[at]?.kind ?? 'newline')) return -1;
    }
    return -1;
  }

  /** Whether the value from `index` up to `end` goes where it cannot be followed: into a call, a container, out of a function. */
  function isHandedOn(index: number, end: number): boolean {
    const before = cursor.textAt(index - 1);
    if (/^(return|yield|match|:)$/.test(before)) return true;
    if (!/^[([{,=:*]$|^\*\*$/.test(before)) return false;
    const open = enclosing(index);
    if (open === -1 || !openers.has(cursor.textAt(open))) return false;
    const isCall = cursor.is(open, '(') && endsOperand(open - 1);
    if (cursor.is(open, '(') && !isCall && cursor.partnerOf(open) === end && open === index - 1) return false;
    return !(isCall && asking.has(cursor.textAt(open - 1)));
  }

  return { file, uses };
}
