import type { Binder, Scope } from './bindings.ts';
import { type Cursor, keywords } from './cursor.ts';

export interface Import {
  module: string;
  /** `from module import name`: the names. */
  names: string[];
  at: number;
}

export interface Imports {
  imports: Import[];
  /** Modules of `from module import *`. */
  stars: string[];
}

/** Reads the import statement that begins at a token and binds its names. */
export function readImport(cursor: Cursor, binder: Binder, start: number, scope: Scope): Imports {
  const { is, isName, textAt, tokens } = cursor;
  const found: Imports = { imports: [], stars: [] };
  let index = start + 1;

  const dotted = (): string => {
    let path = '';
    while (is(index, '.') || is(index, '...') || tokens[index]?.kind === 'name') {
      if (tokens[index]?.kind === 'name' && (keywords.has(textAt(index)) || /[^.]$/.test(path))) break;
      path += textAt(index);
      binder.declared.add(index);
      index += 1;
    }
    return path;
  };

  const readModules = () => {
    do {
      if (is(index, ',')) index += 1;
      const at = index;
      const module = dotted();
      if (module === '') return;
      found.imports.push({ module, names: [], at });
      if (is(index, 'as')) {
        binder.declared.add(index + 1);
        binder.declare(scope, textAt(index + 1), { kind: 'name', path: module });
        index += 2;
      } else {
        const top = module.split('.')[0] ?? module;
        binder.declare(scope, top, { kind: 'name', path: top });
      }
    } while (is(index, ','));
  };

  const readNames = () => {
    const at = index;
    const module = dotted();
    if (!is(index, 'import')) return;
    index += is(index + 1, '(') ? 2 : 1;
    const names: string[] = [];
    for (; isName(index) || is(index, ',') || is(index, '*'); index += 1) {
      if (is(index, '*')) found.stars.push(module);
      else if (isName(index)) {
        const imported = textAt(index);
        names.push(imported);
        binder.declared.add(index);
        const alias = is(index + 1, 'as') ? index + 2 : index;
        binder.declared.add(alias);
        binder.declare(scope, textAt(alias), { kind: 'name', path: `${module}.${imported}` });
        index = alias;
      }
    }
    found.imports.push({ module, names, at });
  };

  if (is(start, 'import')) readModules();
  else readNames();
  return found;
}
