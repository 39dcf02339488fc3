import { codeTokens, partsOf } from './tokens.ts';

/** The words of goals by which one corner of somebody's work differs from another. */

/** Words of goals and tests anywhere: they say nothing about what a goal is about. */
export const commonStems: ReadonlySet<string> = new Set(
  `a about above add after all also an and any appear are array as asked assert at available back be because been before being below between both but
  by call called can case check code compute contain contains convert correct could count create define does don't each either element elements
  else empty end equal every example examples false file files find first fit following for form from function functions get give given gives
  has have he her here how i if implement in include index input int integer integers into is it its just keep kind last least length less let
  like line lines list lists long make many may mean means method missing more most must name need needs never new no non none not note now null
  number numbers object of off on once one only or order other out output over own pair parameter pass per place please print problem program
  provide put python javascript typescript node read result results return returned returns right same second see set shall she should show
  simple single size so solution solve some standard such sum take takes task tell test tests text than that the their them then there these
  they this three through time to true turn two type under undefined up us use used user uses using value values very want was way we well what
  when where whether which while who will with within without word words work works would write wrong you your zero hello greatest largest
  smallest maximum minimum string strings def const var import py js ts mjs json whole convention conventions house library match according
  accordingly following keep`
    .split(/\s+/)
    .map(stemOf),
);

/** Drops the ends of plurals and verbs (English), so that the same word in another form is the same. */
function stemOf(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stem = word;
  if (/ies$/.test(stem) && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (/[^su]s$/.test(stem)) stem = stem.slice(0, -1);
  if (/ing$/.test(stem) && stem.length > 5) stem = stem.slice(0, -3);
  else if (/ed$/.test(stem) && stem.length > 4) stem = stem.slice(0, -2);
  if (/([bdgklmnprt])\1$/.test(stem)) stem = stem.slice(0, -1);
  return stem.length > 3 && /e$/.test(stem) ? stem.slice(0, -1) : stem;
}

/** Names of code as words that no text holds; those made of common words alone (`print`, `check`) are left out. */
export function namesAsWords(names: readonly string[]): string[] {
  return names
    .filter((name) => [...wordsOfGoals(name)].some((word) => !commonStems.has(word)))
    .map((name) => `${name}()`);
}

/** The stems of identifiers that were met: the same ones come again and again. */
const known = new Map<string, readonly string[]>();
const mostKnown = 20_000;

function stemsOf(identifier: string): readonly string[] {
  const met = known.get(identifier);
  if (met !== undefined) return met;
  const stems = [...codeTokens(identifier), ...partsOf(identifier)]
    .filter((part) => part.length > 1 && !/^\d+$/.test(part))
    .map(stemOf);
  if (known.size >= mostKnown) known.clear();
  known.set(identifier, stems);
  return stems;
}

/** The stems of a text, parts of identifiers too. Numbers and marks of single letters are left out. */
export function wordsOfGoals(text: string): Set<string> {
  const words = new Set<string>();
  for (const [token] of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
    for (const stem of stemsOf(token)) words.add(stem);
  }
  return words;
}
