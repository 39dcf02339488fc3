import type { CodeRule } from '../rule.ts';
import {
  deserialisation,
  environment,
  hostInspection,
  input,
  native,
  privilege,
} from './rules/environment.ts';
import { evaluation, reflection } from './rules/evaluation.ts';
import { files } from './rules/files.ts';
import { modules, reverseShell } from './rules/modules.ts';
import { network } from './rules/network.ts';
import { forkBomb, processes } from './rules/processes.ts';
import { recursiveDelete } from './rules/recursive-delete.ts';
import { verdict } from './rules/verdict.ts';
import { written } from './rules/written.ts';

export const pythonRules: readonly CodeRule[] = [
  files,
  recursiveDelete,
  network,
  processes,
  forkBomb,
  evaluation,
  reflection,
  environment,
  input,
  native,
  deserialisation,
  privilege,
  hostInspection,
  modules,
  reverseShell,
  written,
  verdict,
];
