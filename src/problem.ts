/** A problem that a person can mend: its text is shown as it is, without a stack, and the process ends with its exit code. */
export interface Problem extends Error {
  name: 'Problem';
  exitCode: number;
}

/** Exit codes that no session gives. */
export const exitCodes = {
  failure: 1,
  usage: 2,
  notVerified: 3,
  authentication: 41,
  unreadable: 42,
  sandbox: 44,
  invalidConfig: 52,
} as const;

export function problem(exitCode: number, message: string): Problem {
  return Object.assign(new Error(message), { name: 'Problem' as const, exitCode });
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Error && error.name === 'Problem' && 'exitCode' in error;
}
