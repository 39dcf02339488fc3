import type { Frame } from './domain.ts';

/** A failure, reduced to what is the same when it happens again. Hashes are hex. `v` 1 has no code, frames, test and h0 … h2: journals of then. */
export interface ErrorSignature {
  v: 1 | 2;
  /** What reported it: a test framework, a language … */
  tool: string;
  /** The tool's own code: `ERR_ASSERTION`, `TS2322`, an assertion's operator. */
  code?: string;
  class?: string;
  /** The message with numbers, paths and addresses replaced. */
  template: string;
  /** Places in our own files, the innermost first, at most 3. */
  frames?: Frame[];
  /** The test that failed. */
  test?: string;
  /** The raw line of the error. */
  key: string;
  /** Of tool, class, test and template: the same failure of the same test. */
  hash: string;
  /** Of tool, code, class, template and the frames' files and names. */
  h0?: string;
  /** h0 without the frames. */
  h1?: string;
  /** h1 without the template. */
  h2?: string;
}
