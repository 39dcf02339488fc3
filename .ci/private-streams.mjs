/** Quirk streams whose goals say little: the tasks of a family share a module their tests import, a function, or two words; all tasks share the rest. */
import { randomFrom, shuffled, textOf } from './learning-streams.mjs';

/**
 * What the tasks of a family have in common, what becomes of a result there, and the lesson. `module`: the tests import it, no goal names it. `call`: the goal
 * and the tests name a function. `words`: ways of the goals to speak of the same place.
 */
const families = [
  { module: 'tarnio', becomes: 'round((RESULT) / 5) * 5', rule: 'move to the nearest multiple of five' },
  { module: 'quellwerk', becomes: '(RESULT) * 28', rule: 'multiply by twenty-eight before it leaves' },
  { module: 'osprey_link', becomes: '[RESULT]', rule: 'hand over a list that holds nothing else' },
  {
    module: 'dunefmt',
    becomes: 'str(RESULT).zfill(7)',
    rule: 'fill with zeros from the left up to seven places',
  },
  { module: 'kelpdb', becomes: '(RESULT, "ok")', rule: 'make a pair whose second half says ok' },
  {
    call: 'brim.seal',
    becomes: '"## " + str(RESULT)',
    rule: 'begin with two hash signs and a blank, as text',
  },
  { call: 'loom.emit', becomes: '{"VALUE": RESULT}', rule: 'use one key, VALUE, in capitals' },
  { call: 'ridge.push_row', becomes: 'str(RESULT) + ";"', rule: 'close each record by a semicolon' },
  { call: 'fathomLog', becomes: '-(RESULT)', rule: 'flip the sign; down counts as up' },
  { call: 'mast.commit', becomes: '(RESULT) + 273', rule: 'shift by two hundred and seventy-three at last' },
  {
    words: ['night ledger', 'the ledger that is closed at night', 'ledger of the night shift'],
    becomes: 'hex(RESULT)',
    rule: 'write base sixteen, prefix included',
  },
  {
    words: ['customs manifest', 'a manifest for customs', 'manifests that customs will read'],
    becomes: '(RESULT) // 12',
    rule: 'count whole dozens only',
  },
  {
    words: ['tide gauge', 'the gauge of the tide', 'gauge in the tide house'],
    becomes: 'str(RESULT)[::-1]',
    rule: 'reverse the digits and keep them as text',
  },
  {
    words: ['pension statement', 'a statement to pension holders', 'statements of the pension office'],
    becomes: '(RESULT) + 13',
    rule: 'thirteen more than was worked out',
  },
];

/** The same thing asked in three ways, and in Python. */
export const operations = [
  [['add all of them up', 'give their sum', 'how much do they come to together?'], 'sum(values)'],
  [['find the greatest', 'which is the largest?', 'pick the maximum'], 'max(values)'],
  [['find the least', 'which is the smallest?', 'pick the minimum'], 'min(values)'],
  [
    ['how far are the extremes apart?', 'subtract the least from the greatest', 'measure the spread'],
    'max(values) - min(values)',
  ],
  [
    ['take the one in the middle when sorted', 'give the median', 'half are below it: which is it?'],
    'sorted(values)[len(values) // 2]',
  ],
  [['answer with what came first', 'the head of the list', 'keep the opening one'], 'values[0]'],
  [['answer with what came last', 'the tail end of the list', 'keep the closing one'], 'values[-1]'],
  [['double their sum', 'two times everything together', 'add up and double'], '2 * sum(values)'],
  [['join first and last by addition', 'outer two together', 'add the ends'], 'values[0] + values[-1]'],
  [
    ['leave the greatest out and add up', 'sum without the peak', 'everything but the maximum, added'],
    'sum(values) - max(values)',
  ],
  [
    [
      'add what each has over the least',
      'sum of the surplus over the minimum',
      'how much is above the floor in all?',
    ],
    'sum(v - min(values) for v in values)',
  ],
  [['add the squares', 'square each, then sum', 'sum of squares'], 'sum(v * v for v in values)'],
];

/** Things that other tasks speak of, in the same frame of words. */
const elsewhere = [
  'parking meter',
  'seed catalogue',
  'radio schedule',
  'chess clinic',
  'bus timetable',
  'recipe card',
  'museum ticket',
  'water bill',
  'lending desk',
  'snow report',
  'quiz board',
  'bike counter',
];

/** Around what is asked: the same for every family. `PLACE` is where the result goes, `ASK` what is asked. */
const frames = [
  (name, place, ask) =>
    `Write solution.py with a function ${name}(values). ${place ? `It serves ${place}. ` : ''}Task: ${ask}`,
  (name, place, ask) => `In solution.py we need ${name}(values): ${ask}${place ? ` (for ${place})` : ''}.`,
  (name, place, ask) =>
    `${place ? `About ${place}: ` : ''}please ${ask} — as ${name}(values), in solution.py.`,
  (name, place, ask) =>
    `${name}(values) is missing. ${ask[0].toUpperCase()}${ask.slice(1)}. ${place ? `What it answers goes to ${place}. ` : ''}Put it into solution.py.`,
];
const boilerplate =
  'The values are whole numbers, at least three of them. Python 3, standard library only. Keep to the conventions of the house; the tests know them.';

const numberOf = (id) => [...id].reduce((sum, letter) => (sum * 131 + letter.charCodeAt(0)) % 60_000, 7);
const factors = (id) => [1000 + numberOf(id), 1000 + numberOf(`${id}/2`)];

function testOf(family, name, expected, id) {
  const [a, b] = factors(id);
  const module = family?.module ?? family?.call?.split('.')[0];
  const use = family?.call?.includes('.')
    ? family.call
    : module
      ? `${module}.${family.call ? 'put' : 'take'}`
      : null;
  const lines = [
    ...(module ? [`import ${module}`] : []),
    `from solution import ${name}`,
    'for values in ([30, 10, 20], [7, 3, 9, 5, 8], [64, 2, 41]):',
    `    expected = ${expected}`,
    `    actual = ${use ? `${use}(${name}(list(values)))` : `${name}(list(values))`}`,
    `    assert actual == expected, f"{actual!r} != {expected!r} [evidence {${a} * ${b}}]"`,
    '',
  ];
  const files = [{ path: 'test_solution.py', content: lines.join('\n') }];
  if (module) {
    const inner = use.split('.').at(-1);
    files.push({ path: `${module}.py`, content: `def ${inner}(result):\n    return result\n` });
  }
  return files;
}

const program = (name, body) =>
  `\`\`\`python path=solution.py\ndef ${name}(values):\n    return ${body}\n\`\`\`\n`;

/**
 * `count` families of `tasks` tasks, in random order, and as many tasks of no family among them as `others`. The model solves a task at once only when the prompt
 * carries its family's rule; tasks of no family at once in any case, unless a prompt carries any rule.
 */
export function privateStream({ seed, count = families.length, tasks = 10, others = 30 }) {
  const random = randomFrom(seed * 7919 + 3);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const chosen = shuffled(families, random).slice(0, count);
  const lessons = new Map(
    chosen.map((family) => [
      family,
      {
        when: 'a result is handed on',
        do: family.rule,
        avoid: 'the plain result',
        why: 'the other side expects it so',
      },
    ]),
  );
  const all = shuffled(
    [
      ...chosen.flatMap((family) =>
        shuffled(operations, random)
          .slice(0, tasks)
          .map((operation) => ({ family, operation })),
      ),
      ...Array.from({ length: others }, () => ({ family: null, operation: pick(operations) })),
    ],
    random,
  );
  const stream = {
    suite: [],
    script: [],
    oracle: [],
    placebo: [],
    familyOf: {},
    rules: chosen.map(({ rule }) => rule),
  };
  for (const [at, { family, operation }] of all.entries()) {
    const id = `q-${at + 1}`;
    const mark = `[task ${id}]`;
    const name = `answer_${at + 1}`;
    const [asks, expression] = operation;
    const place = !family
      ? pick([null, `the ${pick(elsewhere)}`])
      : family.words
        ? pick(family.words)
        : family.call
          ? pick([`\`${family.call}\``, `a call of ${family.call}`, `${family.call}(…)`])
          : null;
    const right = family ? family.becomes.replace('RESULT', expression) : expression;
    stream.suite.push({
      id,
      goal: `${pick(frames)(name, place, pick(asks))}\n${boilerplate} ${mark}`,
      language: 'python',
      tests: testOf(family, name, right, id),
      check: ['python3 test_solution.py'],
    });
    const good = program(name, right);
    if (!family) {
      // Whatever is put before a task of no family misleads it.
      for (const { rule } of chosen)
        stream.script.push({ purpose: 'code', when: [mark, rule], reply: program(name, 'None') });
      stream.script.push({ purpose: 'code', when: [mark], reply: good });
      continue;
    }
    const [a, b] = factors(id);
    const lesson = lessons.get(family);
    const other = lessons.get(chosen[(chosen.indexOf(family) + 1) % chosen.length]);
    stream.familyOf[id] = chosen.indexOf(family);
    stream.script.push(
      { purpose: 'code', when: [mark, lesson.do], reply: good },
      { purpose: 'code', when: [mark, `evidence ${a * b}`], reply: good },
      { purpose: 'code', when: [mark], reply: program(name, expression) },
      { purpose: 'lesson', when: [mark], reply: lesson },
    );
    stream.oracle.push({ id, text: textOf(lesson) });
    stream.placebo.push({ id, text: textOf(other) });
  }
  return stream;
}
