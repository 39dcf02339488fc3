import type { ShellRule } from '../rule.ts';
import { decodeAndRun, evaluation, forkBomb } from './rules/execution.ts';
import { files } from './rules/files.ts';
import { downloadAndRun, network, reverseShell } from './rules/network.ts';
import { destruction, environment, input, privilege, resource, signals } from './rules/system.ts';
import { embeddedCommands, otherReaders, unknownCommands } from './rules/tools.ts';
import { verdict } from './rules/verdict.ts';
import { writtenAndRun } from './rules/written.ts';

export const shellRules: readonly ShellRule[] = [
  files,
  network,
  downloadAndRun,
  reverseShell,
  decodeAndRun,
  evaluation,
  forkBomb,
  privilege,
  destruction,
  signals,
  environment,
  input,
  resource,
  unknownCommands,
  embeddedCommands,
  otherReaders,
  writtenAndRun,
  verdict,
];
