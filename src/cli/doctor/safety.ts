import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type OpenedSandbox, openSandbox, withoutSandbox } from '../../compose/sandbox.ts';
import type { Config } from '../../config.ts';
import { isProblem } from '../../problem.ts';
import { gap, missing, ok, type Row } from './row.ts';

/** What confines the programs of a session on this machine with these settings, each guarantee attacked now, and the engine of the isolate in it. */
export async function safetyRows(config: Config): Promise<Row[]> {
  // Probed afresh: a doctor looks, and leaves nothing behind.
  const scratch = await mkdtemp(path.join(tmpdir(), 'kintsugi-doctor-'));
  try {
    const opened = await openSandbox({ ...config, logs: scratch });
    if (opened.kind === 'unavailable') {
      const value = `none of ${config.container ?? config.minLevel}: sessions end with exit 44`;
      const advice = withoutSandbox(opened).replace(/\n\s*/g, ' ');
      return [
        { ...missing('safety', 'sandbox', value, advice), required: true },
        ...(await isolateRow(null)),
      ];
    }
    return [levelRow(config, opened), ...(await isolateRow(opened)), ...opened.probes.map(probeRow)];
  } catch (error) {
    if (!isProblem(error)) throw error;
    return [{ ...missing('safety', 'sandbox', 'sessions do not start', error.message), required: true }];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function levelRow(config: Config, { confinement, probes }: OpenedSandbox): Row {
  const { level } = confinement;
  const mode = config.sandbox === 'workspace-write' ? '' : `, ${config.sandbox}`;
  if (confinement.missing.length === 0)
    return ok('safety', 'sandbox', `sessions run at ${level}${mode}: ${probes.length} attacks, all stopped`);
  const value = `sessions run at ${level}${mode}, not isolated as at L2; missing: ${confinement.missing.join('; ')}`;
  const advice =
    confinement.advice.join(' ') || 'Run kintsugi on Linux with bubblewrap, or with --container docker.';
  return gap('safety', 'sandbox', value, `${advice} --min-level L2 runs nothing without it.`);
}

function probeRow({ guarantee, attempted, detail }: OpenedSandbox['probes'][number]): Row {
  return ok('probes', guarantee, `${attempted}: ${detail}`);
}

/** Loaded as for a session: in a process of its own in the sandbox. */
async function isolateRow(opened: OpenedSandbox | null): Promise<Row[]> {
  const { isolateEngine } = await import('../../compose/isolate.ts');
  const found = await isolateEngine(opened?.sandbox);
  if (found.available && found.why === null) return [ok('languages', 'isolate', found.engine)];
  const why = (found.why ?? '').replace(/\n/g, ' ');
  return [gap('languages', 'isolate', found.available ? found.engine : 'none', why)];
}
