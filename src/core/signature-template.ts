/** What differs from run to run in an error's text, taken out. */

const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** The text without colours, cursor movements and window titles. */
export function withoutAnsi(text: string): string {
  return text.replace(ansi, '');
}

/**
 * The message with addresses, ids, dates, paths and numbers replaced; identifiers stay as they are. At most 300 characters. The placeholders
 * follow Sentry's parameterisation of messages.
 */
export function templateOf(message: string): string {
  return withoutAnsi(message)
    .slice(0, 4000)
    .replace(/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '<email>')
    .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"')\]>]+/gi, '<url>')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b/g, '<ip>')
    .replace(/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])/gi, '<ip>')
    .replace(/\blocalhost:\d{1,5}\b/g, '<ip>')
    .replace(/(?<![\w/])(?:[A-Za-z]:)?(?:[\\/][\w.@~+-]+){2,}(?::\d+){0,2}/g, '<path>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/(?<![.\w])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}\b/gi, '<hex>')
    .replace(/(?<![\w.])[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?n?\b/gi, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}
