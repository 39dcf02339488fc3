import { posix } from 'node:path';
import { type CodeFacts, type Match, needs, type Use } from './rule.ts';
import { contains, type Value } from './value.ts';

const writes =
  /^(open|io\.open|os\.(rename|renames|replace|link|symlink)|shutil\.(copy|copy2|copyfile|move)|pathlib\.\w*Path\(\)\.(write_text|write_bytes|open|rename|replace|symlink_to)|fs\.(promises\.)?(writeFile|appendFile|createWriteStream|copyFile|cp|rename|symlink|link|open)(Sync)?)$/;
const runs =
  /^(subprocess\.\w+|os\.(system|popen|exec\w+|spawn\w+|posix_spawnp?)|runpy\.run_path|runpy\.run_module|importlib\.import_module|__import__|child_process\.\w+|(worker_threads\.)?Worker|cluster\.(fork|setup\w+))$/;
const source = /\.(py|pyw|[cm]?[jt]s|sh|bash)$/;

function isReading(use: Use): boolean {
  const mode = use.named.get('mode') ?? use.args[1];
  return use.path === 'open' && (mode === undefined || (mode.kind === 'text' && !/[wax+]/.test(mode.text)));
}

/** A program that writes source code and then runs or loads it: nobody has read what it wrote. */
export function* writtenAndRun(facts: CodeFacts): Iterable<Match> {
  const written = new Set<string>();
  for (const use of facts.uses)
    if (use.form === 'call' && writes.test(use.path) && !isReading(use))
      contains(given(use), (value) => {
        if (value.kind === 'text' && source.test(value.text)) written.add(posix.basename(value.text));
        return false;
      });
  if (written.size === 0) return;
  const stems = new Set([...written].map((name) => name.replace(source, '')));
  for (const use of facts.uses) {
    const loaded = use.form === 'import' && stems.has(posix.basename(use.path).replace(source, ''));
    const started =
      use.form === 'call' &&
      runs.test(use.path) &&
      contains(given(use), (value) => value.kind === 'text' && mentions(value.text, written, stems));
    if (loaded || started)
      yield needs(
        'eval.dynamic',
        use.at,
        'Runs source code that the program writes itself, so that it cannot be read before.',
      );
  }
}

function given(use: Use): Value {
  return { kind: 'list', items: [...use.args, ...use.named.values(), ...(use.receiver?.args ?? [])] };
}

function mentions(text: string, written: ReadonlySet<string>, stems: ReadonlySet<string>): boolean {
  return text.split(/[\s'"=;&|]+/).some((word) => written.has(posix.basename(word)) || stems.has(word));
}
