import { asText, joinPath } from './fold.ts';
import {
  type Call,
  choice,
  concatenateAll,
  decodedText,
  isPathObject,
  itemsOf,
  name,
  optionsOf,
  text,
  unknown,
  type Value,
  wholeText,
} from './value.ts';

const unchanged = new Set(
  'encode decode strip lstrip rstrip trim trimStart trimEnd toString valueOf normalize format'.split(' '),
);

/** The value of a method called on a known text, list or path object; null when it cannot be told. */
export function foldMethod(receiver: Value, method: string, call: Call): Value | null {
  if (receiver.kind === 'choice') {
    const folded = receiver.options.map((option) => foldMethod(option, method, call) ?? unknown);
    return folded.some((value) => value.kind !== 'unknown') ? choice(folded) : null;
  }
  if (receiver.kind === 'list') return foldListMethod(receiver.items, method, call);
  if (receiver.kind === 'name' && isPathObject(receiver.path)) return foldPathMethod(receiver, method, call);
  if (receiver.kind !== 'text') return null;
  if (method === 'format' && receiver.whole) return formatText(receiver.text, call);
  if (unchanged.has(method)) return receiver;
  if (!receiver.whole) return null;
  const arguments_ = call.args.map((argument) => wholeText(argument));
  const [one, other] = arguments_;
  const rewrapped = (content: string): Value => (receiver.decoded ? decodedText(content) : text(content));
  switch (method) {
    case 'join':
      return call.args[0]?.kind === 'list'
        ? concatenateAll(
            call.args[0].items.flatMap((item, index) => (index === 0 ? [item] : [receiver, item])),
          )
        : null;
    case 'concat':
      return concatenateAll([receiver, ...call.args]);
    case 'replace':
    case 'replaceAll':
      if (one === undefined || other === undefined || one === '' || receiver.text.length * other.length > 1e6)
        return null;
      return rewrapped(receiver.text.replaceAll(one, other));
    case 'split':
      return one === undefined || receiver.text.length > 5000
        ? null
        : { kind: 'list', items: receiver.text.split(one).map((part) => rewrapped(part)) };
    case 'lower':
    case 'toLowerCase':
      return rewrapped(receiver.text.toLowerCase());
    case 'upper':
    case 'toUpperCase':
      return rewrapped(receiver.text.toUpperCase());
    case 'repeat': {
      const [times] = call.args;
      return times?.kind === 'number' && times.number >= 0 && receiver.text.length * times.number <= 10_000
        ? rewrapped(receiver.text.repeat(times.number))
        : null;
    }
    default:
      return null;
  }
}

function foldListMethod(items: Value[], method: string, call: Call): Value | null {
  if (method === 'reverse') return { kind: 'list', items: [...items].reverse() };
  if (method === 'map' || method === 'filter') return null;
  if (method !== 'join') return null;
  const separator = call.args[0] ?? text(',');
  return concatenateAll(items.flatMap((item, index) => (index === 0 ? [item] : [separator, item])));
}

function foldPathMethod(receiver: Value & { kind: 'name' }, method: string, call: Call): Value | null {
  if (method === 'joinpath') return pathObject(joinPath([asText(receiver), ...call.args]));
  if (['expanduser', 'resolve', 'absolute'].includes(method)) return receiver;
  return method === 'as_posix' ? asText(receiver) : null;
}

export function pathObject(path: Value): Value {
  return name('pathlib.Path()', { args: [path], named: new Map() });
}

/** `left / right` in Python: a path when the left side is one. */
export function dividePath(left: Value, right: Value): Value {
  const isPath = (value: Value) =>
    optionsOf(value).some((option) => option.kind === 'name' && isPathObject(option.path));
  return isPath(left) || isPath(right) ? pathObject(joinPath([asText(left), asText(right)])) : unknown;
}

function formatText(template: string, call: Call): Value {
  let position = 0;
  const pieces = template.split(/(\{\w*\})/).map((piece): Value => {
    const field = /^\{(\w*)\}$/.exec(piece)?.[1];
    if (field === undefined) return text(piece);
    const index = field === '' ? position++ : Number(field);
    return (Number.isNaN(index) ? call.named.get(field) : call.args[index]) ?? unknown;
  });
  return concatenateAll(pieces);
}

/** `template % values` in Python. */
export function percentFormat(template: Value, values: Value): Value {
  if (template.kind !== 'text' || !template.whole) return unknown;
  const items = values.kind === 'list' ? itemsOf(values) : [values];
  let position = 0;
  return concatenateAll(
    template.text
      .split(/(%[-+ #0]*\d*(?:\.\d+)?[sdrifx])/)
      .map((piece): Value => (/^%[^%]*[a-z]$/.test(piece) ? (items[position++] ?? unknown) : text(piece))),
  );
}
