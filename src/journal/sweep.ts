/** A secret from `start` up to `end`. `secret` is what its hash is of. */
export interface Span {
  start: number;
  end: number;
  kind: string;
  secret: string;
}

/** Looks at one place of a text. Called only where the text has one of the `anchors` (3 characters, letters in any case). */
export interface Rule {
  anchors: readonly string[];
  /** A secret here, nothing, or where to look next: there is none before that place. */
  at(text: string, index: number): Span | { skipTo: number } | null;
}

function bucketOf(first: number, second: number, third: number): number {
  return (((first | 32) * 961) ^ ((second | 32) * 31) ^ (third | 32)) & 0xffff;
}

/**
 * A function that finds what the rules know, from left to right, at one place the first rule that fits. It looks at each place's next
 * three characters once, so that its speed hardly depends on how many rules there are.
 */
export function makeSweep(rules: readonly Rule[]): (text: string) => Span[] {
  const buckets = new Map<number, Rule[]>();
  const marked = new Uint8Array(0x10000);
  for (const rule of rules) {
    for (const anchor of new Set(rule.anchors.map((text) => text.toLowerCase()))) {
      const bucket = bucketOf(anchor.charCodeAt(0), anchor.charCodeAt(1), anchor.charCodeAt(2));
      marked[bucket] = 1;
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), rule]);
    }
  }

  const lookAt = (text: string, index: number, bucket: number) => {
    let skip: { skipTo: number } | null = null;
    for (const rule of buckets.get(bucket) ?? []) {
      const found = rule.at(text, index);
      if (found === null) continue;
      if ('secret' in found) return found;
      skip = found;
    }
    return skip;
  };

  return (text) => {
    const spans: Span[] = [];
    const last = text.length - 2;
    for (let index = 0; index < last; index += 1) {
      const bucket = bucketOf(text.charCodeAt(index), text.charCodeAt(index + 1), text.charCodeAt(index + 2));
      if (marked[bucket] === 0) continue;
      const found = lookAt(text, index, bucket);
      if (found === null) continue;
      if ('secret' in found) spans.push(found);
      index = Math.max(index, ('secret' in found ? found.end : found.skipTo) - 1);
    }
    return spans;
  };
}

/** Replaces every span. Where spans overlap, all they cover is one secret, of the kind of the longest. */
export function replaceSpans(
  text: string,
  spans: Span[],
  mark: (kind: string, secret: string) => string,
): string {
  let output = '';
  let copied = 0;
  let open: Span | null = null;
  const close = (span: Span) => {
    output += text.slice(copied, span.start) + mark(span.kind, span.secret);
    copied = span.end;
  };
  for (const span of spans.sort((one, other) => one.start - other.start)) {
    if (open === null || span.start >= open.end) {
      if (open !== null) close(open);
      open = span;
      continue;
    }
    const longest: Span = span.end - span.start > open.end - open.start ? span : open;
    const end: number = Math.max(open.end, span.end);
    const covers: boolean = longest.start === open.start && longest.end === end;
    open = covers ? longest : { ...longest, start: open.start, end, secret: text.slice(open.start, end) };
  }
  if (open !== null) close(open);
  return copied === 0 ? text : output + text.slice(copied);
}
