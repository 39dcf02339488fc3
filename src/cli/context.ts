import type { Flags } from '../config/layers.ts';
import type { Config } from '../config.ts';
import { formatProblems, loadConfig } from '../config.ts';
import { problem } from '../problem.ts';

/** What a command may touch of the process; main gives the real one. */
export interface Io {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Record<string, string | undefined>;
  cwd: string;
  /** Ends the process at once, for a second Ctrl+C. */
  exit: (code: number) => never;
}

/** The configuration, or a Problem that names every setting that is wrong. Warnings go to stderr. */
export async function configFor(io: Io, flags: Flags): Promise<Config> {
  const loaded = await loadConfig({ flags, env: io.env, cwd: io.cwd });
  if (loaded.kind === 'invalid') throw problem(loaded.exitCode, formatProblems(loaded.problems));
  for (const warning of loaded.config.warnings) io.stderr.write(`warning: ${warning}\n`);
  return loaded.config;
}
