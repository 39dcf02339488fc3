import { posix } from 'node:path';
import type { Frame, SourceFile } from '../../core/domain.ts';

/** A place in a stack trace, as V8, Python, a shell or the compiler writes it. */
const patterns = [
  /^\s*at (?:(?:async )?(?<name>[^()\n]+?) \()?(?:async )?(?<file>[^()\s][^()\n]*?):(?<line>\d+):(?<column>\d+)\)?$/,
  /^\s*File "(?<file>[^"\n]+)", line (?<line>\d+)(?:, in (?<name>.+))?$/,
  /^(?<file>[^\s:][^:\n]*\.\w+):(?<line>\d+):(?<column>\d+): ERROR: /,
  /^(?<file>[^\s:][^:\n]*\.\w+):(?<line>\d+)(?::(?: in (?<name>\w+))?.*)?$/,
  /^(?<file>[^\s:][^:\n]*\.sh): line (?<line>\d+): /,
];

/**
 * The frame of a stack trace that is nearest to the error and in one of `files`. V8 puts it first, Python last; frames in files of `preferred`
 * (the program, not its tests) win over others.
 */
export function frameOf(
  trace: string,
  files: readonly SourceFile[],
  preferred: ReadonlySet<string>,
): Frame | null {
  const known = new Set(files.map((file) => file.path));
  const frames = trace
    .split('\n')
    .map((line) => parseFrame(line))
    .filter((frame) => frame !== null)
    .filter((frame) => known.has(frame.file));
  const nearestFirst = /^\s*File "/m.test(trace) ? frames.reverse() : frames;
  return nearestFirst.find((frame) => preferred.has(frame.file)) ?? nearestFirst[0] ?? null;
}

function parseFrame(line: string): Frame | null {
  for (const pattern of patterns) {
    const groups = pattern.exec(line.trimEnd())?.groups;
    if (!groups?.file || !groups.line) continue;
    return {
      file: posix.normalize(groups.file.replace(/^file:\/\//, '')),
      line: Number(groups.line),
      ...(groups.column ? { column: Number(groups.column) } : {}),
      ...(groups.name ? { name: groups.name.trim() } : {}),
    };
  }
  return null;
}

/** `solution.js:3 | return a - b;`, or null when there is no such line. */
export function sourceLine(frame: Frame, files: readonly SourceFile[]): string | null {
  const content = files.find((file) => file.path === frame.file)?.content;
  const line = content?.split('\n')[frame.line - 1]?.trim();
  return line ? `${frame.file}:${frame.line} | ${line.slice(0, 200)}` : null;
}
