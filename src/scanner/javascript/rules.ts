import type { CodeRule } from '../rule.ts';
import { evaluation, loading } from './rules/evaluation.ts';
import { files } from './rules/files.ts';
import { deserialisation, environment, input, modules, native } from './rules/modules.ts';
import { network } from './rules/network.ts';
import { forkBomb, processes, reverseShell } from './rules/processes.ts';
import { reflection } from './rules/reflection.ts';
import { verdict } from './rules/verdict.ts';
import { written } from './rules/written.ts';

export const scriptRules: readonly CodeRule[] = [
  files,
  network,
  processes,
  forkBomb,
  reverseShell,
  evaluation,
  loading,
  modules,
  environment,
  input,
  native,
  deserialisation,
  reflection,
  written,
  verdict,
];
