import type { Flags } from '../config/layers.ts';
import type { ExecInvocation } from './exec.ts';
import type { ExportInvocation } from './export.ts';
import type { MemoryInvocation } from './memory-flags.ts';

/** What the command line asks for. */

export interface RunFlags {
  config: Flags;
  print: boolean;
  language: string | null;
  tests: string[];
  check: string[];
  out: string | null;
  force: boolean;
  sessionId: string | null;
  /** The session whose program a new goal starts from. */
  continueFrom: string | null;
  outputFormat: string | undefined;
  json: boolean;
  outputLastMessage: string | null;
  verbose: boolean;
  debug: boolean;
  theme: 'auto' | 'dark' | 'light';
  /** Plain lines instead of the dashboard. */
  screenReader: boolean;
}

export type Invocation =
  | { command: 'run'; goal: string | undefined; flags: RunFlags }
  | { command: 'sessions'; config: Flags; json: boolean; limit: number | null }
  | { command: 'resume'; id: string; flags: RunFlags; fork: boolean }
  | {
      command: 'replay';
      /** None: a list to choose from. Two: side by side. */
      ids: string[];
      flags: RunFlags;
      speed: string | null;
      step: boolean;
      verify: boolean;
      from: string | null;
    }
  | ({ command: 'export' } & ExportInvocation)
  | {
      command: 'bench';
      suite: string;
      flags: RunFlags;
      jobs: string;
      limit: string | null;
      recall: string | null;
    }
  | {
      command: 'scan';
      config: Flags;
      files: string[];
      language: string | null;
      json: boolean;
      sarif: boolean;
      verbose: boolean;
    }
  | ({ command: 'exec' } & ExecInvocation)
  | ({ command: 'memory' } & MemoryInvocation)
  | { command: 'doctor'; config: Flags; json: boolean }
  | { command: 'said'; text: string };
