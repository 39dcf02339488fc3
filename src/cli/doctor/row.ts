/** One thing that was looked at. */
export interface Row {
  group: 'machine' | 'models' | 'languages' | 'memory' | 'safety' | 'probes';
  name: string;
  /** `gap`: there, but less than it could be. */
  state: 'ok' | 'gap' | 'missing';
  /** One line. Never a secret. */
  value: string;
  /** What to do about a gap; null where nothing needs to be done. */
  advice: string | null;
  /** Without it nothing works. */
  required: boolean;
}

export function ok(group: Row['group'], name: string, value: string): Row {
  return { group, name, state: 'ok', value, advice: null, required: false };
}

export function gap(group: Row['group'], name: string, value: string, advice: string): Row {
  return { group, name, state: 'gap', value, advice, required: false };
}

export function missing(group: Row['group'], name: string, value: string, advice: string): Row {
  return { group, name, state: 'missing', value, advice, required: false };
}
