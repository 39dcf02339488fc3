import type { Memory, RecallQuery } from '../core/memory.ts';
import { codeTokens } from './tokens.ts';

/** Names that a goal and a memory share: a module or a function of somebody's own says more than any number of common words. */

/** How many texts of a field there are, and how many hold a word. */
export interface Rarity {
  documents: number;
  holders(word: string): number;
}

/** Modules that say nothing about what a program is for: they come with the language, or test. */
const everywhere = new Set(
  `abc argparse array ast asyncio base64 bisect builtins collections contextlib copy csv dataclasses datetime decimal enum fractions functools
  glob hashlib heapq importlib inspect io itertools json logging math operator os pathlib pickle pprint pytest queue random re shutil signal
  socket sqlite3 statistics string subprocess sys tempfile textwrap threading time traceback types typing unittest urllib uuid warnings
  assert async_hooks buffer child_process cluster console crypto dns events fs fs/promises http http2 https module net os path perf_hooks
  process querystring readline stream test timers timers/promises tls tty url util v8 vm worker_threads zlib jest mocha chai vitest
  solution main index app program test_solution helper helpers utils util common`.split(/\s+/),
);

const file = /\.(?:py|[cm]?[jt]sx?|sh|json|jsonl|txt|md|csv|html|css|ya?ml|toml)$/i;
/** Written as code is: quoted as code, dotted, with underscores, in camel case, or called. */
const written =
  /`([\w.$]{3,64})`|\b([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+)|\b(\w*[a-z]_[a-z]\w*)|\b([a-z]+[A-Z]\w*)/g;

/** Names of code in a text, file names aside, each as its words. */
function namesIn(text: string): string[][] {
  const names = [...text.matchAll(written)].map((match) => match.slice(1).find(Boolean) ?? '');
  return [...new Set(names)].filter((name) => !file.test(name)).map(codeTokens);
}

/** From so many texts on it can be told which names stand in every one of them. */
const enough = 4;
const mostHolders = 0.4;

/** Tells for the memories of one query whether they share a name that few others have; `about` is the text they are searched by. */
export function namedBy(
  query: Pick<RecallQuery, 'text' | 'libraries'>,
  rarity: Rarity,
): (memory: Memory, about: string) => boolean {
  const rare = (word: string) => rarity.holders(word) <= rarity.documents * mostHolders;
  const libraries = query.libraries.filter((name) => !everywhere.has(name));
  const own = new Set(
    rarity.documents < enough ? libraries : libraries.filter((name) => codeTokens(name).some(rare)),
  );
  const names = rarity.documents < enough ? [] : namesIn(query.text).filter((words) => words.some(rare));
  return (memory, about) => {
    if (memory.scope.libraries.some((name) => own.has(name))) return true;
    if (names.length === 0) return false;
    const has = new Set(codeTokens(about));
    return names.some((words) => words.every((word) => has.has(word)));
  };
}
