/** Why a path must not be written, as a sentence; null when it may. */
export function unsafePath(path: string): string | null {
  const shown = JSON.stringify(path.slice(0, 200));
  if (path === '' || path.length > 1024) return `The path ${shown} is empty or too long.`;
  if (/[\x00-\x1f\x7f]/.test(path)) return `The path ${shown} holds control characters.`;
  if (/^([/\\]|[A-Za-z]:)/.test(path))
    return `The path ${shown} is absolute; use one relative to the program.`;
  const segments = path.split(/[/\\]/);
  if (segments.includes('..')) return `The path ${shown} climbs out of the program's folder.`;
  if (segments.some((one) => one === '' || one === '.')) return `The path ${shown} has empty segments.`;
  // File systems that fold case or drop ignorable characters would take these for `.git`.
  const folded = segments.map((one) =>
    one
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\x21-\x7e]|[. ]+$/g, ''),
  );
  if (folded.some((one) => one === '.git' || /^git~\d+$/.test(one))) {
    return `The path ${shown} is inside a .git folder, which programs may not write.`;
  }
  return null;
}
