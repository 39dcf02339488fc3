import { openCare, openEmbedders } from '../../compose/memory-care.ts';
import type { Config } from '../../config.ts';
import { gap, ok, type Row } from './row.ts';

/** What is remembered, whether its log can be read, and what turns texts into vectors. */
export async function memoryRows(config: Config): Promise<Row[]> {
  const [care, embedders] = await Promise.all([openCare(config), openEmbedders(config)]);
  const count = care.all().length;
  const problems = care.problems();
  // The care is let go without its `close`, which would write an index: nothing is changed here.
  const value =
    count === 0 ? `nothing is remembered yet in ${care.directory}` : `${count} memories in ${care.directory}`;
  const [first] = problems;
  const { id, problem } = embedders.current;
  return [
    first === undefined
      ? ok('memory', 'memories', value)
      : gap(
          'memory',
          'memories',
          `${value}; ${problems.length} problems: ${first}`,
          'kintsugi memory rebuild makes the index again; a damaged line of log.jsonl has to be mended or taken out by hand.',
        ),
    problem === null
      ? ok('memory', 'embedder', id)
      : gap('memory', 'embedder', `${id}: ${problem}`, `kintsugi memory embedder install ${config.embedder}`),
    ok('memory', 'embedder models', embedders.folder),
  ];
}
