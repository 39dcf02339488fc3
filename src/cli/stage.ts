import { nobodyApproves } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Approve } from '../core/seams.ts';
import { approveInTerminal } from './approve.ts';
import type { Io } from './context.ts';
import { type Interrupts, listenForInterrupts } from './interrupts.ts';
import { checkMessageFile, openSurface, type Surface, type SurfaceOptions } from './surface.ts';

/** What a session runs before: who can stop it, who sees it, who answers for its programs. */
export interface Stage {
  interrupts: Interrupts;
  surface: Surface;
  approve: Approve;
}

/** Opens a stage for one session; `wallMs` is its time limit in milliseconds, null for none. Dispose of both parts at its end. */
export type OpenStage = (wallMs: number | null) => Stage;

/** Standard output and error of this process; a person is asked where `approval` is `ask`. Throws as `checkMessageFile` does. */
export function terminalStage(
  io: Io,
  config: Config,
  options: SurfaceOptions,
  approval: 'ask' | 'nobody' | 'yes',
): OpenStage {
  checkMessageFile(config.cwd, options.outputLastMessage);
  return (wallMs) => {
    const interrupts = listenForInterrupts(wallMs, io.exit);
    const surface = openSurface(io, config, options, () =>
      interrupts.cancel('Nobody reads the output any more.'),
    );
    const approve: Approve =
      approval === 'ask'
        ? approveInTerminal(io, interrupts.signal, surface.held)
        : approval === 'yes'
          ? async () => 'allow'
          : nobodyApproves;
    return { interrupts, surface, approve };
  };
}
