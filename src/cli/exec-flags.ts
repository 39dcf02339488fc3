import type { Command } from 'commander';
import type { ExecInvocation } from './exec.ts';
import { configFlags, refuseForeign, textOr, truth, type Values, withOptions } from './options.ts';

/** Adds `exec` to the commands; `take` gets what was asked when it is the one that was given. */
export function addExec(
  program: Command,
  take: (invocation: { command: 'exec' } & ExecInvocation) => void,
): void {
  withOptions(program.command('exec'), ['permissions', 'confinement', 'policy', 'general'])
    .description('run one file in the sandbox by itself, after the scanner')
    .argument('<file>', 'a JavaScript, TypeScript, Python or shell file; it is alone in its folder')
    .argument('[args...]', 'for the program, behind --')
    .option('--language <name>', 'javascript, typescript, python or shell (js, ts, py, bash)')
    .option('--timeout <duration>', 'end it after so long: 90s, 5m (10s)')
    .option('--memory <size>', 'memory of one process: 256M, 2G (512M)')
    .option('--stdin', 'give standard input to the program; it has none otherwise')
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: the program’s own · 1 ended by a limit or a signal · 4 refused by the scanner · 5 nobody could answer · 42 the file cannot be read · 44 no sandbox',
    )
    .action((file: string, args: string[], own: Values, command: Command) => {
      refuseForeign(command);
      const values = command.optsWithGlobals();
      const { timeout: _, ...config } = configFlags(values);
      take({
        command: 'exec',
        config,
        file,
        args,
        language: textOr(values, 'language'),
        timeout: textOr(values, 'timeout'),
        // The program itself has --no-memory.
        memory: textOr(own, 'memory'),
        stdin: truth(values, 'stdin'),
        json: truth(values, 'json'),
        print: truth(values, 'print'),
      });
    });
}
