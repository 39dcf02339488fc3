/**
 * The vocabulary of mistakes: what a sentence about a fault is about, whichever words it was put in. A diagnosis that says "the quotes are
 * never closed" and one that says "unterminated string literal" share no word, but they share a topic.
 */

const topics: Readonly<Record<string, RegExp>> = {
  string: /\b(?:string|quot\w*|apostrophe\w*|literal)\b/,
  quotation:
    /\bquot\w*|\bapostrophe|\bunterminated\b|\b(?:un|not (?:properly |correctly )?)closed string|\bstring\b.{0,60}\b(?:unclosed|not (?:\w+ )?closed|never closed|unterminated)\b|\bunclosed\b.{0,20}\bstring\b/,
  bracket: /\bparen(?:s\b|thes[ei]s|thesi[sz]ed)|\bbrackets?\b|\bbraces?\b/,
  parenthesis: /\bparen(?:s\b|thes[ei]s|thesi[sz]ed)/,
  unclosed:
    /\bunclosed|\b(?:not|never|isn't) (?:\w+ )?closed|\bclosing\b|\bunmatched|\bmismatch\w*|\bunbalanced/,
  missing:
    /\bmissing|\bomitted|\bomission|\bremoved|\black(?:s|ing)?\b|\bforg[eo]t\w*|\bwithout\b|\babsen\w+/,
  terminator: /\bsemi-?colons?\b|\bcolons?\b/,
  separator:
    /\bseparat\w*|\bcommas?\b|\bterminat(?:es|ed|ing)\b|\bprematurely\b|\bend of statement\b|\bbraces?\b|\bblock\b|\bsemicolon\b.{0,30}\bafter\b|\bextra\b/,
  equality: /\bassign\w*|\bequality\b|\bequals?\b(?: sign)?|(?<![<>=!+*/%-])={1,2}(?![=])/,
  assignment:
    /\bassignment\b.{0,60}\b(?:compar\w*|equal\w*|==)|\b(?:compar\w*|equal\w*|==).{0,60}\bassignment\b|(?<![<>=!])='?"?\)? (?:is used )?instead of .{0,40}==|==.{0,60}(?:instead of|rather than|not|while|should be).{0,40}(?<![<>=!])=(?!=)/,
  undefined:
    /\bundefined\b|\bundeclared\b|\b(?:not|never|n't|isn't|without being) (?:\w+ )?(?:defined|declared|initiali[sz]ed|exist\w*)|\bnon-?exist\w*|\bunknown\b|\buninitiali[sz]ed|\bnameerror|\breferenceerror|\bnull ?pointer|\bdoes ?n[o']t exist/,
  call: /\bmethods?\b|\bcall(?:ed|ing|s)?\b|\w\(\)/,
  method:
    /\b(?:undefined|unknown|non-?exist\w*|undeclared)\b.{0,40}\b(?:method|function)|\b(?:method|function)\b.{0,60}\b(?:(?:not|never|n't) (?:\w+ )?(?:defined|declared|exist\w*)|undefined|unknown)/,
  object:
    /\b(?:undefined|unknown|non-?exist\w*|undeclared|uninitiali[sz]ed)\b.{0,40}\b(?:variable|object|name)|\b(?:variable|object|name)\b.{0,60}\b(?:(?:not|never|n't) (?:\w+ )?(?:defined|declared|initiali[sz]ed|exist\w*)|undefined|unknown)/,
  keyword:
    /\bkeywords?\b|\breserved\b|\bnot (?:a )?(?:valid|recogni[sz]ed|supported|available|used)\b|\bbelongs to\b|\brecogni[sz]e/,
  language: /\bpython3?\b|\bjava\b|\bjavascript\b|\bc\+\+|\bcpp\b|\bc#/,
  indentation: /\bindent\w*|\balign\w*|\bwhite ?spaces?\b|\btabs?\b/,
  comment: /\bcomment\w*|\/\/|\/\*/,
  index:
    /\bindex\w*|\bindices\b|\bout[ -]of[ -](?:bounds?|range|index)|\boff[ -]by[ -]one|\bsubscript\w*|\bbounds?\b|\w\[[^\]]*\]/,
  condition:
    /\bcondition\w*|\bif\b|\belse\b|\bwhile\b|\bless than|\bgreater than|\bcomparison\b|[<>]=?(?!\w*>)|\bcheck\w*|\bboundary\b/,
  loop: /\bloops?\b|\biterat\w*|\brange\b/,
  arithmetic:
    /\boperat(?:ion|or)s?\b|\bincrement\w*|\bdecrement\w*|\bsubtract\w*|\badd(?:ed|ition|ing)\b|\bmultipl\w*|\bdivi(?:de|sion|ding)\w*|\bmodulo|[-+*/%]=|\bmin\b|\bmax\b|\bcalculat\w*/,
  value:
    /\binitiali[sz]\w*|\binitial value|\bwrong variable|\bincorrect variable|\bset to\b|\bvalues?\b|\bupdat\w*/,
  compilation: /\bcompil\w*|\bsyntax\b/,
  result: /\b(?:wrong|incorrect|unexpected)\b.{0,30}\b(?:result|output|answer|value)s?/,
};

/** Lines that are sentences: code, stack traces and lines of errors speak of no mistake in words. */
function sentencesOf(text: string): string {
  return text
    .slice(0, 8000)
    .split('\n')
    .filter(
      (line) =>
        /^\s*[A-Z'"`0-9].*\s\w+\s\w+\s\w+/.test(line) &&
        !/^\s*(?:File|at|Traceback)\b/.test(line) &&
        !/^\s*\w*(?:Error|Exception)\b.*:/.test(line),
    )
    .join('\n');
}

/** The topics the sentences of a text are about, each once. Empty for text that speaks of no known mistake. */
export function mistakesIn(text: string): string[] {
  const sentences = sentencesOf(text).toLowerCase();
  if (sentences === '') return [];
  return Object.entries(topics)
    .filter(([, pattern]) => pattern.test(sentences))
    .map(([topic]) => topic);
}
