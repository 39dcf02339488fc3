/** Streams of goals in several styles, each with another thing that the tasks of a family share. For bench:streams; everything is a function of its seed. */
import { quirkStream, randomFrom, shuffled } from './learning-streams.mjs';
import { operations, privateStream } from './private-streams.mjs';

const asks = operations.map(([ways]) => ways);

/** Ways to speak of one corner of a business, what its lesson says, a function, and a header. */
const corners = [
  [
    [
      'fare of a passenger',
      'what riders are charged',
      'ticket price of a ride',
      'passenger tickets',
      'the ride and its fare',
    ],
    'a price of a ride is worked out',
    'round to the nearest five',
    'seal_fare',
    'ticket office protocol, revision 4',
  ],
  [
    [
      'weight of a shipment',
      'how heavy the cargo is',
      'cargo loads',
      'shipments by weight',
      'a load that is shipped',
    ],
    'the weight of cargo is given',
    'count in the small unit, twenty-eight to one',
    'stow',
    'cargo scales, unit table B',
  ],
  [
    [
      'patient intake',
      'admitting patients',
      'a ward that admits people',
      'the intake desk of the ward',
      'patients on arrival',
    ],
    'people are admitted to a ward',
    'hand over a list of one',
    'admit_rows',
    'ward intake sheets',
  ],
  [
    [
      'lamp brightness',
      'how bright the lamps are',
      'dimming of lamps',
      'a lamp that is dimmed',
      'street lamps at dusk',
    ],
    'brightness of a lamp is set',
    'fill with zeros up to seven places',
    'dim_to',
    'luminaire bus, frame layout',
  ],
  [
    ['crop yield', 'what the fields yield', 'harvest of a field', 'harvested crops', 'yield per field'],
    'a harvest is recorded',
    'make a pair whose second half says ok',
    'reapLedger',
    'harvest book of the cooperative',
  ],
  [
    ['exam marks', 'grading of exams', 'what pupils score in an exam', 'marks of pupils', 'a graded paper'],
    'a pupil is graded',
    'begin with two hash signs and a blank',
    'gradeOut',
    'school board marking scheme',
  ],
  [
    ['water level', 'height of the river', 'river levels', 'a gauge on the river', 'flood gauge readings'],
    'the level of a river is told',
    'use one key, VALUE, in capitals',
    'gauge_emit',
    'hydrology station feed',
  ],
  [
    [
      'stock of a warehouse',
      'what is left on the shelves',
      'shelf stock',
      'warehouse shelves',
      'goods on a shelf',
    ],
    'stock on shelves is counted',
    'close the record by a semicolon',
    'shelfPut',
    'warehouse handheld records',
  ],
  [
    [
      'engine temperature',
      'how hot the engine runs',
      'heat of engines',
      'a hot engine',
      'cooling the engine',
    ],
    'heat of an engine is reported',
    'shift by two hundred and seventy-three',
    'therm_push',
    'engine monitor channel 9',
  ],
  [
    ['parking time', 'how long cars park', 'a parked car', 'cars in the garage', 'garage parking'],
    'a car has parked',
    'flip the sign',
    'gateClose',
    'garage barrier exchange',
  ],
  [
    ['choir seating', 'where singers stand', 'rows of the choir', 'seats for singers', 'a singer in a row'],
    'singers are put in rows',
    'write base sixteen, prefix included',
    'seatRows',
    'concert hall plan',
  ],
  [
    [
      'bread orders',
      'loaves that were ordered',
      'orders at the bakery',
      'baking to order',
      'a loaf on order',
    ],
    'bread is ordered',
    'count whole dozens only',
    'oven_batch',
    'bakery order slips',
  ],
];
const elsewhere = [
  'parking lot lights',
  'seed catalogue',
  'radio schedule',
  'chess clinic',
  'bus timetable',
  'recipe card',
  'museum wing',
  'lending desk',
  'snow report',
  'quiz board',
  'bike counter',
  'paint shop',
  'postcard rack',
  'theatre props',
];

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const frames = {
  long: [
    (name, ask, place) =>
      `Write solution.py with a function ${name}(values).${place ? ` It is about ${place}.` : ''} Task: ${ask} The values are whole numbers, at least three. Keep to the conventions of the house.`,
    (name, ask, place) =>
      `In solution.py we need ${name}(values): ${ask}${place ? ` (${place})` : ''}. The values are whole numbers, at least three. Keep to the conventions of the house.`,
    (name, ask, place) =>
      `${name}(values) is missing. ${capital(ask)}.${place ? ` What it answers goes to ${place}.` : ''} Put it into solution.py. The values are whole numbers, at least three. Keep to the conventions of the house.`,
  ],
  short: [
    (name, ask, place) => `${name}(values)${place ? ` for ${place}` : ''}: ${ask}`,
    (name, ask, place) => `${place ? `${capital(place)}: ` : ''}${ask} — ${name}(values)`,
    (name, ask, place) => `Implement ${name}(values), ${ask}${place ? `, ${place}` : ''}.`,
  ],
};

const testOf = (name, call) =>
  [
    `from solution import ${name}`,
    ...(call ? [`def ${call}(result):`, '    return result', ''] : []),
    'for values in ([30, 10, 20], [7, 3, 9, 5, 8]):',
    `    actual = ${call ? `${call}(${name}(values))` : `${name}(values)`}`,
    '    expected = work(values)',
    '    assert actual == expected',
  ].join('\n');

/** A style: what a task of a family shows of its corner. */
const styles = {
  'other words, long': (corner, pick) => ({ frame: frames.long, place: pick(corner[0]) }),
  'other words, short': (corner, pick) => ({ frame: frames.short, place: pick(corner[0]) }),
  'one noun, short': (corner, pick) => ({
    frame: frames.short,
    place: pick([`each ${corner[3].split(/_|(?=[A-Z])/)[0]}`, `the ${corner[3].split(/_|(?=[A-Z])/)[0]}s`]),
  }),
  'function in the goal': (corner, pick) => ({
    frame: frames.long,
    place: pick([`\`${corner[3]}\``, `a call of ${corner[3]}`, `${corner[3]}()`]),
  }),
  'function in the tests': (corner) => ({ frame: frames.long, place: null, call: corner[3] }),
  'header of a file': (corner) => ({
    frame: frames.short,
    place: null,
    files: [
      {
        path: 'given.py',
        content: `# ${corner[4]}\n# Copyright the house. All rights reserved.\nimport json\n\ndef load(path):\n    return json.load(open(path))\n`,
      },
    ],
  }),
};

function styled(style, { seed, tasks, others }) {
  const random = randomFrom(seed * 104_729 + style.length);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const all = shuffled(
    [
      ...corners.flatMap((corner, family) =>
        shuffled(asks, random)
          .slice(0, tasks)
          .map((ask) => ({ corner, family, ask })),
      ),
      ...Array.from({ length: others }, () => ({ corner: null, family: null, ask: pick(asks) })),
    ],
    random,
  );
  const name = () => `${pick(['answer', 'result', 'work', 'value'])}_${Math.floor(random() * 900) + 100}`;
  return all.map(({ corner, family, ask }) => {
    const own = name();
    const shown = corner
      ? styles[style](corner, pick)
      : {
          frame: styles[style](corners[0], pick).frame,
          place:
            style.startsWith('function in the t') || style.startsWith('header')
              ? null
              : pick([null, `the ${pick(elsewhere)}`]),
        };
    return {
      family,
      goal: pick(shown.frame)(own, pick(ask), shown.place),
      files:
        shown.files ??
        (corner || !style.startsWith('header')
          ? []
          : [
              {
                path: 'given.py',
                content:
                  '# A file.\n# Copyright the house. All rights reserved.\nimport json\n\ndef load(path):\n    return json.load(open(path))\n',
              },
            ]),
      tests: [{ path: 'test_solution.py', content: testOf(own, shown.call) }],
      lesson: corner && {
        when: corner[1],
        do: corner[2],
        avoid: 'the plain result',
        why: 'the other side expects it so',
      },
    };
  });
}

/** The goals of a style in their order; `family` is null for those of none, `lesson` what is learned at the first of a family. */
export function streamOf(style, options) {
  if (style === 'noun') {
    const { suite, script } = quirkStream({ seed: options.seed, tasks: options.tasks });
    const lessons = script.filter(({ purpose }) => purpose === 'lesson');
    return suite.map((row) => ({
      ...row,
      files: [],
      lesson: lessons.find(({ when }) => `function ${row.id.replace('-', '_')}(`.includes(when[0]))?.reply,
    }));
  }
  if (style === 'private') {
    const { suite, familyOf, rules } = privateStream(options);
    return suite.map((row) => {
      const family = familyOf[row.id] ?? null;
      return {
        ...row,
        family,
        files: [],
        lesson:
          family === null
            ? null
            : {
                when: 'a result is handed on',
                do: rules[family],
                avoid: 'the plain result',
                why: 'the other side expects it so',
              },
      };
    });
  }
  return styled(style, options);
}

export const styleNames = ['noun', 'private', ...Object.keys(styles)];
