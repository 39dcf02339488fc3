import type { Finding, Language } from '../core/domain.ts';
import { type Html, html } from './html.ts';

/** Programs as HTML: tokens in colours, differences as lines, findings below the lines they are about. */
export interface CodeText {
  whole(code: string, language: Language, findings: readonly Finding[]): Html;
  diff(before: string, after: string, language: Language, findings: readonly Finding[]): Html;
}

interface Markup {
  type: string;
  value?: string;
  children?: Markup[];
  properties?: { className?: unknown };
}

/** Longer texts stay without colours. */
const largest = 200_000;

/** Loads the grammars and the diff (lowlight, diff). */
export async function loadCodeText(): Promise<CodeText> {
  const [{ common, createLowlight }, { diffLines }] = await Promise.all([import('lowlight'), import('diff')]);
  const lowlight = createLowlight(common);
  const lines = (code: string, language: Language): Html[] => {
    const text = code.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    if (text.length > largest) return text.split('\n').map((line) => html`${line}`);
    return linesOf(lowlight.highlight(language === 'shell' ? 'bash' : language, text).children as Markup[]);
  };
  return {
    whole: (code, language, findings) =>
      html`<pre tabindex="0" aria-label="program">${lines(code, language).map((line, at) => [html`<span class="line">${line}</span>`, below(findings, at + 1)])}</pre>`,
    diff: (before, after, language, findings) => {
      const now = lines(after, language);
      let at = 0;
      const changes = diffLines(closed(before), closed(after), { maxEditLength: 10_000 }) ?? [
        { value: closed(before), removed: true, added: false },
        { value: closed(after), removed: false, added: true },
      ];
      const rows = changes.flatMap(({ value, added, removed }) =>
        value
          .split('\n')
          .slice(0, -1)
          .map((text) => {
            if (removed) return html`<span class="line removed">${text}</span>`;
            at += 1;
            return html`<span class="line ${added ? 'added' : 'same'}">${now[at - 1] ?? text}</span>${below(findings, at)}`;
          }),
      );
      return html`<pre class="diff" tabindex="0" aria-label="changes">${rows}</pre>`;
    },
  };
}

function closed(text: string): string {
  const plain = text.replace(/\r\n?/g, '\n');
  return plain === '' || plain.endsWith('\n') ? plain : `${plain}\n`;
}

function below(findings: readonly Finding[], line: number): Html[] {
  return findings
    .filter((finding) => finding.line === line)
    .map(
      (finding) =>
        html`<span class="finding ${finding.severity}">▲ ${finding.severity}: ${finding.message} [${finding.rule}]</span>`,
    );
}

/** A tree of tokens as lines; a token that goes over several lines is one in each. */
function linesOf(nodes: readonly Markup[]): Html[] {
  const lines: Html[][] = [[]];
  const walk = (node: Markup, tone: string) => {
    if (node.type === 'text') {
      for (const [at, piece] of (node.value ?? '').split('\n').entries()) {
        if (at > 0) lines.push([]);
        if (piece !== '')
          lines.at(-1)?.push(tone === '' ? html`${piece}` : html`<span class="${tone}">${piece}</span>`);
      }
      return;
    }
    const inner = toneOf(node.properties?.className) || tone;
    for (const child of node.children ?? []) walk(child, inner);
  };
  for (const node of nodes) walk(node, '');
  return lines.map((line) => html`${line}`);
}

function toneOf(classes: unknown): string {
  const name = Array.isArray(classes) ? String(classes[0]) : '';
  if (/keyword|literal|operator/.test(name)) return 'keyword';
  if (/string|regexp/.test(name)) return 'string';
  if (/number/.test(name)) return 'number';
  if (/comment|doctag/.test(name)) return 'comment';
  return /title|built_in|type|class|attr|meta/.test(name) ? 'name' : '';
}
