import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { Outcome } from '../core/domain.ts';
import type { SessionEvent } from '../core/events.ts';
import type { SessionState } from '../core/state.ts';
import { exitCodes, problem } from '../problem.ts';
import type { Io } from './context.ts';
import { exits } from './exit-codes.ts';
import { isFolder } from './is-folder.ts';
import { answerOf, initObject, type OutputFormat, outputFormats, resultObject } from './output.ts';
import { type Progress, startProgress } from './progress.ts';
import { printable, screenOf } from './terminal.ts';

export interface SurfaceOptions {
  outputFormat: OutputFormat;
  outputLastMessage: string | null;
  verbose: boolean;
}

/** stdout and stderr of one session: progress on stderr, the answer or JSON on stdout. */
export interface Surface {
  show: (event: SessionEvent) => void;
  note: (text: string) => void;
  /** Progress is silent until `work` is over, so that a question can stand on the screen. */
  held: Progress['held'];
  /** Writes the answer and gives the exit code. */
  end: (state: SessionState, outcome: Outcome, journal: string) => number;
  close: () => void;
}

/** `onGone` is called once when nobody reads stdout any more. */
export function openSurface(io: Io, config: Config, options: SurfaceOptions, onGone: () => void): Surface {
  const progress: Progress = startProgress(
    screenOf(io.stderr, config.color, io.env),
    options.verbose ? 'full' : 'brief',
    Date.now,
  );
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') progress.note(`standard output: ${error.message}`);
    onGone();
  };
  io.stdout.on('error', onError);
  io.stderr.on('error', () => {});
  const object = (value: unknown) => {
    io.stdout.write(`${JSON.stringify(value)}\n`);
  };
  return {
    show: (event) => {
      progress.show(event);
      if (options.outputFormat !== 'stream-json') return;
      if (event.type === 'session.started') object(initObject(event, config.cwd));
      object(event);
    },
    note: progress.note,
    held: progress.held,
    end: (state, outcome, journal) => {
      progress.close();
      const answer = answerOf(state, outcome);
      if (options.outputFormat !== 'text') object(resultObject(state, outcome, journal));
      else if (
        answer !== '' &&
        (outcome.ending === 'verified' || outcome.ending === 'not-verified' || outcome.ending === 'planned')
      ) {
        io.stdout.write(`${io.stdout.isTTY ? printable(answer) : answer}\n`);
      }
      if (outcome.ending === 'not-delivered') {
        io.stderr.write(`to get the program: kintsugi resume ${state.session} --out DIR\n`);
      }
      io.stderr.write(`journal: ${journal}\n`);
      if (options.outputLastMessage !== null)
        writeMessage(path.resolve(config.cwd, options.outputLastMessage), answer);
      return exits[outcome.ending].code;
    },
    close: () => {
      progress.close();
      io.stdout.off('error', onError);
    },
  };
}

/** Throws a usage Problem when `--output-last-message` can never be written, before anything is spent on the goal. */
export function checkMessageFile(cwd: string, name: string | null): void {
  if (name === null) return;
  const refused = (why: string) => problem(exitCodes.usage, `--output-last-message: ${why}`);
  if (name.trim() === '') throw refused('the name of the file is empty.');
  const file = path.resolve(cwd, name);
  const folder = path.dirname(file);
  if (isFolder(file)) throw refused(`${file} is a folder, not a file.`);
  if (!isFolder(folder)) throw refused(`there is no folder ${folder}; make it first.`);
  const written = existsSync(file) ? file : folder;
  try {
    accessSync(written, constants.W_OK);
  } catch {
    throw refused(`${written} cannot be written.`);
  }
}

function writeMessage(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`);
  } catch (error) {
    throw problem(
      exitCodes.failure,
      `--output-last-message: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** The format a flag asked for, or a usage error. */
export function outputFormatOf(given: string | undefined, json: boolean): OutputFormat {
  const wanted = given ?? (json ? 'stream-json' : 'text');
  const found = outputFormats.find((format) => format === wanted);
  if (!found)
    throw problem(exitCodes.usage, `--output-format: "${wanted}" is not one of ${outputFormats.join(', ')}.`);
  return found;
}
