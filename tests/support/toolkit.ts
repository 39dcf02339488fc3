import { createHash } from 'node:crypto';
import type { CheckSet, Program, RunResult, ScanReport, Task, TestReport } from '../../src/core/domain.ts';
import type { EventBody } from '../../src/core/events.ts';
import { runSession } from '../../src/core/loop.ts';
import { nothingRecalled } from '../../src/core/memory.ts';
import type { CheckResult, ModelFailure, ModelReply, ModelRequest, Toolkit } from '../../src/core/seams.ts';
import { drain } from '../../src/core/stream.ts';
import { freeze } from '../../src/core/structured.ts';
import { programLimits } from '../../src/runners/limits.ts';

/** A world in memory behind the seams of the loop: what a test says, the model says; what a test decides, the checks show. */

export const digest = (text: string) => createHash('sha256').update(text).digest('hex');

export function runResult(over: Partial<RunResult> = {}): RunResult {
  return {
    status: 'exited',
    exitCode: 0,
    stdout: '',
    stderr: '',
    truncated: false,
    ms: 1,
    cpuMs: 1,
    peakBytes: 1,
    sandbox: { level: 'L0', guarantees: [] },
    files: [],
    ...over,
  } as RunResult;
}

export function report(ok: boolean, message = 'AssertionError: no'): TestReport {
  return {
    framework: 'script',
    ok,
    passed: ok ? 1 : 0,
    failed: ok ? 0 : 1,
    skipped: 0,
    cases: [ok ? { name: 'it', status: 'passed' } : { name: 'it', status: 'failed', message }],
    ms: 1,
  };
}

export const clean: ScanReport = { decision: 'allow', capabilities: [], findings: [] };

export const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };

export function reply(said: string | object): ModelReply {
  const base = { kind: 'reply', stop: 'end', usage, costUsd: 0.01, model: 'test' } as const;
  return typeof said === 'string' ? { ...base, text: said } : { ...base, text: '', data: said };
}

export const code = (content: string, path = 'main.py') => `\`\`\`python path=${path}\n${content}\n\`\`\`\n`;

export const onePlan = (checks: object[] = [{ kind: 'command', name: 'check', command: 'true' }]) => ({
  approach: 'simply',
  language: 'python',
  steps: [{ title: 'Write it', instructions: '', checks }],
});

export function userChecks(): CheckSet {
  return freeze([{ kind: 'command', name: 'mine', origin: 'user', command: 'check' }], [], digest);
}

/** The events of one type. */
export const of = <Type extends EventBody['type']>(events: EventBody[], type: Type) =>
  events.filter((event): event is Extract<EventBody, { type: Type }> => event.type === type);

export interface World {
  /** Answers by purpose, in order; the last one is given again and again. */
  says?: Partial<Record<ModelRequest['purpose'], (string | object | ModelFailure)[]>>;
  /** What a check shows of a program; stubs of the red-first run are programs too. */
  test?: (program: Program) => CheckResult;
  run?: (program: readonly { path: string; content: string }[]) => RunResult;
  toolkit?: Partial<Toolkit>;
}

export function makeToolkit(world: World): { toolkit: Toolkit; requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const used: Record<string, number> = {};
  const toolkit: Toolkit = {
    model: {
      id: 'test',
      priced: true,
      async *reply(request, signal) {
        signal.throwIfAborted();
        requests.push(request);
        const answers = world.says?.[request.purpose] ?? (request.purpose === 'plan' ? [onePlan()] : ['']);
        const at = used[request.purpose] ?? 0;
        used[request.purpose] = at + 1;
        const answer = answers[Math.min(at, answers.length - 1)] ?? '';
        if (typeof answer === 'object' && 'kind' in answer && answer.kind === 'failure')
          return answer as ModelFailure;
        const made = reply(answer);
        if (made.text) yield { kind: 'text', text: made.text };
        return made;
      },
    },
    scan: () => clean,
    decide: (found) => found.decision,
    approve: async () => null,
    runners: [
      {
        name: 'memory',
        accepts: () => true,
        // biome-ignore lint/correctness/useYield: a run that prints nothing on the way.
        async *run(job) {
          return world.run?.(job.files) ?? runResult();
        },
      },
    ],
    tester: {
      async *test(program) {
        return (
          world.test?.(program) ?? {
            run: runResult(),
            report: report(program.files.some((file) => /good/.test(file.content))),
          }
        );
      },
    },
    memory: {
      recall: async () => nothingRecalled,
      solution: async () => null,
      remember: async () => null,
      credit: async () => [],
      retire: async () => {},
    },
    prompt: (name, values) => `${name} ${Object.values(values).join('\n')}`,
    deliver: async (program) => ({ directory: null, files: program.files.map((file) => file.path) }),
    digest,
    limits: programLimits,
    replyTokens: 16_000,
    ...world.toolkit,
  };
  return { toolkit, requests };
}

export function makeTask(over: Partial<Task> = {}): Task {
  return {
    goal: 'write it',
    language: 'python',
    attachments: [],
    files: [],
    checks: null,
    budgets: { attempts: 5, tokens: null, usd: null, wallMs: null },
    permissionMode: 'default',
    seed: null,
    ...over,
  };
}

/** Runs the loop in a world and gives everything it said. */
export async function play(
  world: World,
  over: Partial<Task> = {},
  signal = new AbortController().signal,
  { session = 's', memory = false } = {},
) {
  const { toolkit, requests } = makeToolkit(world);
  const events: EventBody[] = [];
  const start = { session, version: '0', memory };
  const outcome = await drain(runSession(start, makeTask(over), toolkit, signal), (event) => {
    events.push(event);
  });
  return { outcome, events, requests, types: events.map((event) => event.type) };
}
