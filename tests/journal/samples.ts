import type { CheckSet, RunResult, Usage } from '../../src/core/domain.ts';
import type { EventBody, EventType } from '../../src/core/events.ts';
import { makeRedactor } from '../../src/journal/redact.ts';

export const salt = 'a salt for tests';
export const redactNothing = makeRedactor({ env: {}, dotenv: {}, salt });

const usage: Usage = { inputTokens: 812, outputTokens: 164, cacheReadTokens: 640, cacheWriteTokens: 0 };
const digest = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const checks: CheckSet = {
  checks: [
    { kind: 'tests', name: 'solution_test.py', origin: 'model', files: ['solution_test.py'] },
    { kind: 'command', name: 'lint', origin: 'user', command: 'python -m py_compile solution.py' },
    { kind: 'output', name: 'prints 120', origin: 'user', args: ['5'], stdin: '', stdout: '120\n' },
  ],
  files: [{ path: 'solution_test.py', content: 'from solution import factorial\n' }],
  hash: digest,
};
const failure = {
  kind: 'failure',
  failure: 'overloaded',
  message: 'The provider is overloaded; trying again.',
  status: 529,
  retryAfterMs: 200,
  usage,
  costUsd: null,
} as const;
const result: RunResult = {
  status: 'exited',
  exitCode: 1,
  stdout: '119\n',
  stderr: 'AssertionError: 119 != 120\n',
  truncated: false,
  ms: 81.5,
  cpuMs: 60,
  peakBytes: 12_582_912,
  sandbox: { level: 'L2', guarantees: ['own process group', 'no network'] },
  files: [{ path: 'out.txt', content: '119\n' }],
};

/** One event body of every type, as a session has them. */
export const samples: { [Type in EventType]: Extract<EventBody, { type: Type }> } = {
  'session.started': {
    type: 'session.started',
    schema: 1,
    session: '01jd8x0000000000000000000a',
    version: '0.1.0',
    model: 'demo',
    memory: true,
    task: {
      goal: 'write a function that calculates the factorial of a number\nand print factorial of 5',
      language: 'python',
      attachments: [{ path: 'notes.md', content: '# Notes\n' }],
      files: [],
      checks: null,
      budgets: { attempts: 5, tokens: null, usd: 0.5, wallMs: 600_000 },
      permissionMode: 'default',
      seed: 7,
    },
    forkedFrom: { session: '01jd8w0000000000000000000b', seq: 12 },
  },
  'session.resumed': { type: 'session.resumed', after: 1, version: '0.1.0', model: 'demo' },
  'memory.recalled': {
    type: 'memory.recalled',
    moment: 'plan',
    memories: [
      {
        id: 'm1',
        kind: 'lesson',
        trust: 'witnessed',
        text: 'range(n) leaves n out',
        seen: 2,
        scope: 'python',
        why: 'the goal is near',
      },
    ],
    arm: 'inject',
    propensity: 0.9,
    heldOut: [],
    passedOver: [{ id: 'm2', score: 0.21, why: 'below the floor' }],
  },
  'solution.recalled': {
    type: 'solution.recalled',
    solution: {
      id: 's1',
      goal: 'print factorial of 5',
      program: {
        language: 'python',
        entry: 'main.py',
        files: [{ path: 'main.py', content: 'print(120)\n' }],
      },
      checks,
      proof: 'user-checks',
      state: 'witnessed',
    },
  },
  'memory.retired': { type: 'memory.retired', id: 's1', why: 'it did not hold: AssertionError' },
  'memory.credited': {
    type: 'memory.credited',
    use: {
      session: '01jd8x0000000000000000000a',
      step: 1,
      attempt: 1,
      moment: 'plan',
      arm: 'inject',
      propensity: 0.9,
      memories: ['m1'],
      applied: ['m1'],
      cluster: 'first:python',
      language: 'python',
      passed: true,
      tokens: 42,
    },
    changed: [{ id: 'm1', state: 'replicated', why: 'two sessions saw it hold' }],
  },
  'lesson.tested': {
    type: 'lesson.tested',
    step: 1,
    attempt: 2,
    outcome: 'witnessed',
    why: 'it failed 3 times, the fix passed twice',
    runs: 3,
    diff: '--- main.py\n+++ main.py\n@@ -1,1 +1,1 @@\n-a\n+b',
  },
  'memory.remembered': {
    type: 'memory.remembered',
    step: 1,
    attempt: 2,
    kind: 'lesson',
    text: 'range(n) leaves n out',
    kept: { operation: 'EDIT', id: 'm1', state: 'witnessed', other: 'm0' },
    why: '',
  },
  'model.asked': {
    type: 'model.asked',
    call: 1,
    request: {
      purpose: 'plan',
      system: 'You write programs.',
      task: 'The goal: factorial of 5.',
      turn: 'Plan it.',
      schema: { name: 'plan', description: 'A plan', schema: { type: 'object', required: ['approach'] } },
      maxTokens: 4096,
    },
  },
  'model.delta': { type: 'model.delta', call: 1, text: 'A loop.\n' },
  'model.retried': { type: 'model.retried', call: 1, retry: 1, waitMs: 250, failure },
  'model.replied': {
    type: 'model.replied',
    call: 1,
    reply: {
      kind: 'reply',
      text: 'A loop.\n',
      data: { approach: 'A loop.', steps: [{ title: 'factorial' }] },
      stop: 'end',
      usage,
      costUsd: 0.0125,
      model: 'demo',
    },
  },
  'model.failed': { type: 'model.failed', call: 2, failure },
  'plan.made': {
    type: 'plan.made',
    plan: {
      approach: 'A loop.',
      language: 'python',
      steps: [{ title: 'factorial', instructions: 'Multiply 1 to n.', checks }],
    },
  },
  'step.started': { type: 'step.started', step: 1, title: 'factorial' },
  'checks.frozen': { type: 'checks.frozen', step: 1, checks },
  'checks.tried': { type: 'checks.tried', step: 1, red: ['solution_test.py'], vacuous: ['lint'] },
  'checks.returned': { type: 'checks.returned', step: 1, vacuous: ['lint'] },
  'attempt.started': { type: 'attempt.started', step: 1, attempt: 1 },
  'program.written': {
    type: 'program.written',
    step: 1,
    attempt: 1,
    program: {
      name: 'factorial',
      language: 'python',
      entry: 'solution.py',
      files: [
        {
          path: 'solution.py',
          content: 'def factorial(n):\n    return 119\n\nprint(factorial(5))  # \u2028\n',
        },
      ],
    },
    hash: digest,
  },
  'program.scanned': {
    type: 'program.scanned',
    step: 1,
    attempt: 1,
    report: {
      decision: 'ask',
      capabilities: ['fs.read.outside'],
      findings: [
        {
          rule: 'outside-path',
          severity: 'ask',
          message: 'It reads a file outside of its folder.',
          file: 'solution.py',
          line: 3,
          column: 1,
          cwe: 'CWE-22',
        },
      ],
    },
  },
  'permission.answered': { type: 'permission.answered', step: 1, attempt: 1, answer: 'allow' },
  'run.started': { type: 'run.started', step: 1, attempt: 1, check: null, runner: 'subprocess' },
  'run.delta': { type: 'run.delta', stream: 'stdout', text: '119\n' },
  'run.ended': { type: 'run.ended', step: 1, attempt: 1, check: null, result },
  'tests.reported': {
    type: 'tests.reported',
    step: 1,
    attempt: 1,
    check: 'solution_test.py',
    report: {
      framework: 'unittest',
      ok: false,
      passed: 0,
      failed: 1,
      skipped: 0,
      cases: [
        {
          name: 'test_five',
          status: 'failed',
          message: '119 != 120',
          expected: '120',
          actual: '119',
          frame: { file: 'solution.py', line: 2, column: 5, name: 'factorial' },
          ms: 1.5,
        },
      ],
      ms: 81,
    },
  },
  'verdict.reached': {
    type: 'verdict.reached',
    step: 1,
    attempt: 1,
    verdict: {
      kind: 'failed',
      signature: {
        v: 1,
        tool: 'unittest',
        class: 'AssertionError',
        template: '<n> != <n>',
        key: 'AssertionError: 119 != 120',
        hash: digest,
      },
      passed: 0,
      failed: 1,
    },
  },
  'diagnosis.made': {
    type: 'diagnosis.made',
    step: 1,
    attempt: 1,
    diagnosis: { text: 'It returns a constant.' },
  },
  'step.ended': { type: 'step.ended', step: 1, passed: true },
  'program.delivered': {
    type: 'program.delivered',
    delivery: { directory: 'out', files: ['solution.py'], refused: 'solution.py is there already' },
  },
  'session.ended': {
    type: 'session.ended',
    outcome: {
      ending: 'verified',
      why: 'All 3 checks passed.',
      proof: 'user-checks',
      attempts: 2,
      modelCalls: 3,
      usage,
      costUsd: 0.0125,
    },
  },
};

/** Every sample, in the order of a session. */
export const sampleSession: EventBody[] = Object.values(samples);
