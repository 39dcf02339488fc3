import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes 15 s and more by itself, the longest first; what else starts processes comes behind it. */
const longest = [
  'cli/learning',
  'tui/dashboard',
  'cli/terminal',
  'runners/ahead-same',
  'cli/memory-faults',
  'cli/input',
  'cli/memory-proof',
  'cli/bench',
  'cli/memory',
  'cli/durability-verify',
  'cli/durability-fork',
  'cli/endings',
  'cli/memory-answers',
  'cli/suites',
  'memory/bench',
  'cli/export',
  'cli/output',
  'cli/durability-resume',
  'laws',
  'cli/durability-cut',
];
const starting = ['cli/', 'laws', 'bootstrap', 'runners/', 'memory/', 'tui/'];

/**
 * The order of the files: a long one that is begun last keeps one core busy while the other has nothing to do. Within a rank vitest's own,
 * which on a fresh checkout, without known durations, goes by size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const name = moduleId.replace(/^.*[\\/]tests[\\/]/, '').replaceAll('\\', '/');
      const at = longest.findIndex((one) => name === `${one}.test.ts`);
      if (at >= 0) return at;
      const group = starting.findIndex((folder) => name.startsWith(folder));
      return longest.length + (group >= 0 ? group : starting.length);
    };
    const bySize = await super.sort(files);
    return bySize
      .map((file, at) => ({ file, at }))
      .sort((a, b) => rank(a.file) - rank(b.file) || a.at - b.at)
      .map(({ file }) => file);
  }
}
