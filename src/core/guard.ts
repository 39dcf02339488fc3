import type { Toolkit } from './seams.ts';
import { mapParts } from './stream.ts';

/** Takes secrets out of text. Idempotent: what was redacted once stays as it is. */
export interface Redactor {
  text(text: string): string;
  /** Deep, over every string of plain data; keys are kept. */
  value<Value>(value: Value): Value;
}

/**
 * The same toolkit with everything the world answers redacted on its way in, so that the loop, the journal, the prompts and the
 * programs all see one and the same text, and a replay from the journal is exact.
 */
export function guardedToolkit(toolkit: Toolkit, redact: Redactor): Toolkit {
  return {
    ...toolkit,
    model: {
      id: toolkit.model.id,
      priced: toolkit.model.priced,
      async *reply(request, signal) {
        const parts = mapParts(toolkit.model.reply(redact.value(request), signal), (part) =>
          part.kind === 'text' ? part : { ...part, failure: redact.value(part.failure) },
        );
        return redact.value(yield* parts);
      },
    },
    runners: toolkit.runners.map((runner) => ({
      ...runner,
      async *run(job, signal) {
        return redact.value(yield* runner.run(job, signal));
      },
    })),
    tester: {
      async *test(...job) {
        return redact.value(yield* toolkit.tester.test(...job));
      },
    },
    approve: async (program, findings) => redact.value(await toolkit.approve(program, findings)),
    memory: {
      recall: async (query) => redact.value(await toolkit.memory.recall(redact.value(query))),
      solution: async (...asked) => redact.value(await toolkit.memory.solution(...asked)),
      remember: async (draft) => await toolkit.memory.remember(redact.value(draft)),
      credit: async (use) => await toolkit.memory.credit(use),
      retire: async (id, why) => await toolkit.memory.retire(id, redact.text(why)),
    },
    deliver: async (program) => redact.value(await toolkit.deliver(program)),
  };
}
