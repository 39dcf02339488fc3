import type { Frame } from './domain.ts';
import { withoutAnsi } from './signature-template.ts';

/** What a tool's output says of its first error. */
export interface ParsedError {
  /** The line that names the error, as it was printed. */
  line: string;
  /** `TypeError`, `TS2322`, `not-found` …; absent when nothing names one. */
  class?: string;
  /** The tool's own code: `ERR_ASSERTION`, `TS2322`, `ENOENT`, an assertion's operator. */
  code?: string;
  /** Places in our own files, the innermost first, at most 3. */
  frames: Frame[];
}

const errorLine =
  /^(?:E {2,})?(?:Uncaught |Unhandled )?((?:[A-Z][\w.]*|\w+(?:\.\w+)*\.[A-Z]\w*)?(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Group))\b(?:\s*\[([\w.]+)\])?(?::|$|\s*\[)\s*(.*)$/;
const diagnostic = /\berror (TS\d+): (.+)$/;
const bundled = /^(?:✘ )?\[?(?:ERROR|error)\]?:? (.+)$/;
const shellLine =
  /^(?:[\w./-]*\b(?:ba|da|z|k)?sh|[\w./-]+\.sh): (?:line )?(?:\d+: )?(.+?): (?:(command not found|not found)|(No such file or directory)|(Permission denied)|(unbound variable|parameter not set)|([Ss]yntax error.*))$/;
const shellSyntax = /^(?:[\w./-]*\b(?:ba|da|z|k)?sh|[\w./-]+\.sh): (?:line )?\d+: [Ss]yntax error/;
const shellClasses = ['not-found', 'no-such-file', 'permission-denied', 'unbound-variable', 'syntax-error'];

const pythonFrame = /^\s*File "([^"]+)", line (\d+)(?:, in (.+))?$/;
const nodeFrame =
  /^\s*at (?:async )?(?:(?:new )?([^\s(]+)(?: \[as [^\]]+\])? \()?(?:file:\/\/)?([^\s():]+):(\d+):(\d+)\)?$/;
const foreign =
  /(?:^|[\\/])(?:node_modules|site-packages|dist-packages|lib\/python[\d.]+)(?:[\\/]|$)|^(?:node:|internal[\\/]|<)/;

/** A path without what differs between machines: the last two names. */
function ours(file: string): string {
  return file.replace(/\\/g, '/').split('/').slice(-1).join('/');
}

function framesOf(lines: readonly string[]): Frame[] {
  const python: Frame[] = [];
  const node: Frame[] = [];
  for (const line of lines) {
    const py = pythonFrame.exec(line);
    if (py?.[1] && !foreign.test(py[1]))
      python.push({ file: ours(py[1]), line: Number(py[2]), ...(py[3] ? { name: py[3] } : {}) });
    const js = nodeFrame.exec(line);
    if (js?.[2] && !foreign.test(js[2]))
      node.push({
        file: ours(js[2]),
        line: Number(js[3]),
        column: Number(js[4]),
        ...(js[1] ? { name: js[1] } : {}),
      });
  }
  // Python prints the innermost frame last, Node first.
  return [...python.reverse(), ...node].slice(0, 3);
}

function operatorOf(text: string): string | undefined {
  return /^\s*operator: '([\w ]+)'/m.exec(text)?.[1];
}

/**
 * The error an output is about: of a Python traceback (chained ones too) the last error line, of Node, node:test and pytest the first; else a compiler's
 * diagnostic, a shell's complaint, or the first line that is not empty.
 */
export function parseError(output: string): ParsedError {
  const text = withoutAnsi(output);
  // A line of a hostile program may be megabytes long.
  const lines = text.split(/\r?\n/).map((line) => line.slice(0, 2000).trim());
  const traceback = lines.lastIndexOf('Traceback (most recent call last):');
  const found = lines
    .map((line, at) => ({ line, at, match: errorLine.exec(line) }))
    .filter((one) => one.match !== null && one.at > traceback);
  const chosen = traceback === -1 ? found[0] : found.at(-1);
  const frames = framesOf(lines.slice(Math.max(traceback, 0)));
  const compiler = lines.map((line) => diagnostic.exec(line)).find((match) => match !== null);
  if (compiler && (!chosen || traceback === -1)) {
    const [whole, code = 'TS'] = compiler;
    return { line: whole, class: code, code, frames };
  }
  if (chosen?.match) {
    const [, name = '', bracket] = chosen.match;
    const system = /\b(E[A-Z]{3,}[A-Z0-9]*)\b/.exec(chosen.match[3] ?? '')?.[1];
    const code = operatorOf(text) ?? bracket ?? system;
    return {
      line: chosen.line.replace(/^E {2,}/, ''),
      ...(name ? { class: name.split('.').at(-1) ?? name } : {}),
      ...(code ? { code } : {}),
      frames,
    };
  }
  for (const line of lines) {
    const match = shellLine.exec(line);
    const kind = match ? shellClasses[match.slice(2).findIndex((one) => one !== undefined)] : undefined;
    if (kind !== undefined) return { line, class: kind, frames };
    if (shellSyntax.test(line)) return { line, class: 'syntax-error', frames };
    const build = bundled.exec(line);
    if (build?.[1]) return { line: build[1], class: 'build-error', frames };
  }
  return { line: lines.find((line) => line !== '') ?? '', frames };
}
