import type { Memory } from '../core/memory.ts';
import type { Ledger } from './make-store.ts';
import type { OpenedMemory } from './store.ts';

/** Candidates of each index that a draft or a goal is compared with. */
const pool = 24;

/** The records of a store as the verbs of memory need them: few at a time, by hash and by words. */
export function ledgerOver({ candidates, byId, uses, append }: OpenedMemory): Ledger {
  return {
    near({ kind, about, key, hashes }): Memory[] {
      const ofKind = (card: { kind: Memory['kind'] }) => card.kind === kind;
      const byHash = hashes.flatMap((hash) => candidates.withHash(hash)).slice(0, pool);
      const byKey = key === '' ? [] : candidates.lexical('key', key, pool, ofKind);
      const byAbout = about === '' ? [] : candidates.lexical('about', about, pool, ofKind);
      const ids = new Set([...byHash, ...byKey.map(({ id }) => id), ...byAbout.map(({ id }) => id)]);
      return [...ids].flatMap((id) => {
        const memory = candidates.memory(id);
        return memory?.kind === kind ? [memory] : [];
      });
    },
    byId(id) {
      const found = byId(id);
      return found.kind === 'found' && found.memory.id === id ? found.memory : undefined;
    },
    uses,
    append,
  };
}
