/** What a piece of text is; a theme says how that looks. Views speak in tones only, so a frame is the same text in every theme. */
export type Tone =
  | 'plain'
  | 'quiet'
  | 'strong'
  | 'good'
  | 'bad'
  | 'warn'
  | 'gold'
  | 'link'
  | 'keyword'
  | 'string'
  | 'number'
  | 'comment'
  | 'name'
  | 'added'
  | 'removed'
  | 'selected'
  | 'cursor';

export interface Span {
  text: string;
  tone: Tone;
}

/** One line of the screen. Its text holds no line break and no control character. */
export type Row = readonly Span[];

/** The SGR parameters of each tone; '' is none. */
export type Theme = Readonly<Record<Tone, string>>;

const darkTheme: Theme = {
  plain: '',
  quiet: '38;5;245',
  strong: '1',
  good: '38;5;114',
  bad: '38;5;203',
  warn: '38;5;215',
  gold: '1;38;5;178',
  link: '38;5;110',
  keyword: '38;5;176',
  string: '38;5;150',
  number: '38;5;179',
  comment: '38;5;245',
  name: '38;5;111',
  added: '38;5;114',
  removed: '38;5;203',
  selected: '7',
  cursor: '7',
};

/** Dark enough on white: every colour has a contrast of at least 4.5 to 1. */
const lightTheme: Theme = {
  plain: '',
  quiet: '38;5;241',
  strong: '1',
  good: '38;5;22',
  bad: '38;5;124',
  warn: '38;5;130',
  gold: '1;38;5;94',
  link: '38;5;25',
  keyword: '38;5;90',
  string: '38;5;22',
  number: '38;5;94',
  comment: '38;5;241',
  name: '38;5;25',
  added: '38;5;22',
  removed: '38;5;124',
  selected: '7',
  cursor: '7',
};

/** No colour at all; the cursor and the chosen line are still to be found. */
const plainTheme: Theme = {
  ...(Object.fromEntries(Object.keys(darkTheme).map((tone) => [tone, ''])) as Record<Tone, string>),
  selected: '7',
  cursor: '7',
};

export type ThemeName = 'dark' | 'light' | 'none';

export function themeOf(name: ThemeName): Theme {
  return name === 'none' ? plainTheme : name === 'light' ? lightTheme : darkTheme;
}

/** A row as the terminal gets it. */
export function paintRow(row: Row, theme: Theme): string {
  let painted = '';
  for (const { text, tone } of row) {
    if (text === '') continue;
    const codes = theme[tone];
    painted += codes === '' ? text : `\u001b[${codes}m${text}\u001b[0m`;
  }
  return painted;
}

/** The words of a row, without how they look. */
export function plainRow(row: Row): string {
  return row
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}
