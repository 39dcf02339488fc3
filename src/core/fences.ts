/** Fenced code blocks in model prose: the only place that knows Markdown. */

export interface FencedBlock {
  /** The first word of the info string, lower case; '' when there is none. */
  tag: string;
  /** From `path=…`, `file=…`, `title=…`, `tag:path`, `tag path`, or a line above the fence that is nothing but a path. */
  path: string | null;
  /** True when the info string says `entry`. */
  entry: boolean;
  content: string;
  /** False when the text ended before the closing fence. */
  closed: boolean;
}

const opening = /^( {0,3})(`{3,}|~{3,})[ \t]*([^\n]*)$/;

/** Every fenced block of a text, in order. A fence closes with at least as many of the same character (CommonMark). */
export function fencedBlocks(text: string): FencedBlock[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: FencedBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const open = opening.exec(lines[at] ?? '');
    if (!open) continue;
    const [, indent = '', fence = '', info = ''] = open;
    if (fence.startsWith('`') && info.includes('`')) continue;
    const closing = new RegExp(`^ {0,3}${fence[0] === '~' ? '~' : '`'}{${fence.length},}[ \\t]*$`);
    const body: string[] = [];
    let closed = false;
    let next = at + 1;
    for (; next < lines.length; next += 1) {
      const line = lines[next] ?? '';
      if (closing.test(line)) {
        closed = true;
        break;
      }
      body.push(indent && line.startsWith(indent) ? line.slice(indent.length) : line);
    }
    const named = readInfo(info);
    const content = body.join('\n');
    blocks.push({
      tag: named.tag,
      entry: named.entry,
      path: named.path ?? pathAbove(lines.slice(Math.max(0, at - 2), at)),
      content: content === '' || content.endsWith('\n') ? content : `${content}\n`,
      closed,
    });
    at = next;
  }
  return blocks;
}

function readInfo(info: string): { tag: string; path: string | null; entry: boolean } {
  const attribute =
    /(?:^|[\s{,])(?:path|file|filename|title)\s*[=:]\s*(?:"([^"]+)"|'([^']+)'|([^\s,}]+))/i.exec(info);
  const path = attribute ? (attribute[1] ?? attribute[2] ?? attribute[3] ?? null) : null;
  const [first = '', second = ''] = info.trim().split(/[\s{,]+/);
  const colon = /^([\w+#-]+):(\S+\.\w+|\S*\/\S+)$/.exec(first);
  const looksLikeTag = /^[\w+#.-]+$/.test(first) && !first.includes('=');
  const bare = path === null && !colon && /^[\w./-]+\.\w{1,5}$/.test(first) ? first : null;
  // The path behind `diff` is of what is changed, not of what the block holds.
  const isPath = /^[\w@.][\w@./-]*\.[a-z]\w{0,4}$/i.test(second);
  const behind = isPath && looksLikeTag && !/^(?:diff|patch)$/i.test(first) ? second : null;
  return {
    tag: bare ? '' : (colon?.[1] ?? (looksLikeTag ? first : '')).toLowerCase(),
    path: path ?? colon?.[2] ?? bare ?? behind,
    entry: /(?:^|\s)entry(?:=true)?(?:\s|$|\})/.test(info),
  };
}

/** `**src/main.py**`, `### main.py`, or a path in back-quotes, alone on the last line that is not empty. */
function pathAbove(lines: string[]): string | null {
  const last = lines.filter((line) => line.trim() !== '').at(-1) ?? '';
  const match = /^\s*(?:#+\s*|\*\*|__|`|file:\s*|path:\s*)+([\w@][\w@./-]*\.\w{1,5})[`*_:]*\s*$/i.exec(last);
  return match?.[1] ?? null;
}
