import { openEmbedders } from '../../compose/memory-care.ts';
import type { Config } from '../../config.ts';
import { exitCodes, problem } from '../../problem.ts';
import type { Io } from '../context.ts';
import { listenForInterrupts } from '../interrupts.ts';
import type { MemoryInvocation } from '../memory-flags.ts';
import { screenOf } from '../terminal.ts';
import { put, putJson } from './desk.ts';

/** `memory embedder [status | install [MODEL]]`. `--offline` installs nothing. */
export async function tendEmbedder(
  io: Io,
  { words, json }: MemoryInvocation,
  config: Config,
): Promise<number> {
  const [what = 'status', model] = words;
  const care = await openEmbedders(config);
  if (what === 'status' && model === undefined) {
    const { id, problem: why } = care.current;
    if (json) putJson({ io }, { embedder: id, asked: care.asked, problem: why, folder: care.folder });
    else {
      put({ io }, `In use: ${id}${why === null ? '' : ` (${why})`}`);
      put({ io }, `Setting: ${care.asked} (KINTSUGI_EMBEDDER, or "embedder" in config.json)`);
      put({ io }, `Models are kept in ${care.folder}`);
      if (care.asked === 'hashed')
        put({ io }, `A model of sentences: kintsugi memory embedder install ${care.defaultModel}`);
    }
    return 0;
  }
  if (what !== 'install')
    throw problem(exitCodes.usage, `memory embedder: "${what}" is neither status nor install.`);
  if (config.offline) {
    throw problem(
      exitCodes.failure,
      `--offline: nothing is downloaded. Without it, or by copying the model's folder to ${care.folder}/ORGANISATION/NAME, it can be used.`,
    );
  }
  const name = model ?? (care.asked === 'hashed' ? care.defaultModel : care.asked);
  const interrupts = listenForInterrupts(null, io.exit);
  const screen = screenOf(io.stderr, config.color, io.env);
  try {
    const done = await care.install(
      name,
      (file, loaded, total) => {
        if (!screen.live) return;
        const share = total > 0 ? `${Math.floor((100 * loaded) / total)} %` : `${loaded} bytes`;
        screen.write(`\r\u001b[K${file.replace(/[^\w./-]/g, '').slice(-40)}  ${share}`);
      },
      interrupts.signal,
    );
    if (screen.live) screen.write('\r\u001b[K');
    if (done.kind === 'failed') {
      throw problem(
        exitCodes.failure,
        `${done.why}. Nothing was installed. With the network in order try again, or copy the model's folder to ${care.folder}/ORGANISATION/NAME; until then the default is used.`,
      );
    }
    if (json) putJson({ io }, { installed: name, embedder: done.id });
    else
      put(
        { io },
        `${name} is installed as ${done.id}. Use it: KINTSUGI_EMBEDDER=${name}, or "embedder": "${name}" in config.json.`,
      );
    return 0;
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    io.stderr.write('Stopped; nothing was installed.\n');
    return (interrupts.signal.reason as { ending?: string })?.ending === 'cancelled' ? 130 : 143;
  } finally {
    interrupts.dispose();
  }
}
