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

/** From so many texts on it can be told which names stand in every one of them. */
const enough = 4;
const mostHolders = 0.4;

/** Tells for the memories of one query whether they are about a module of its task that few others have. */
export function namedBy(query: Pick<RecallQuery, 'libraries'>, rarity: Rarity): (memory: Memory) => boolean {
  const rare = (word: string) => rarity.holders(word) <= rarity.documents * mostHolders;
  const libraries = query.libraries.filter((name) => !everywhere.has(name));
  const own = new Set(
    rarity.documents < enough ? libraries : libraries.filter((name) => codeTokens(name).some(rare)),
  );
  return (memory) => memory.scope.libraries.some((name) => own.has(name));
}
