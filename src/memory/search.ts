import { createHash } from 'node:crypto';
import { aboutOf, bodyOf } from '../core/memory-text.ts';
import { signatureOfText } from '../core/signature.ts';
import { type CandidateCard, floorOf, type RecallSource, ranked } from './recall.ts';

/** Looking for memories as a person does: in every state, and below the floor of recall. */

export interface Found {
  id: string;
  /** 0 … 1. */
  score: number;
}

/** What the signals of each moment add up to at most, without the boost of a signature: scores of both moments are then of one scale. */
const highest = { reflect: 2, plan: 1.1 };
/** Half a floor of recall and less is noise. */
const leastShare = 0.2;
/** Of what only holds the words somewhere in its text. */
const byText = 0.15;

/**
 * The memories near a query, best first, at most `limit`: lessons by their diagnosis as at a failure (an error in the query is read as one),
 * everything by its goal or text as before a plan; then those that hold every word of the query somewhere. Empty when nothing is near.
 */
export async function searchAll(
  source: RecallSource & { cards(): CandidateCard[] },
  query: string,
  options: { embedder: string; limit: number; accepts?: (card: CandidateCard) => boolean },
): Promise<Found[]> {
  const { embedder, limit, accepts = () => true } = options;
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const signature = signatureOfText(query, 'search', digest);
  const best = new Map<string, number>();
  for (const moment of ['reflect', 'plan'] as const) {
    const floor = floorOf(embedder, moment);
    const asked = { moment, text: query, signature, language: null, libraries: [] };
    const all = await ranked(source, asked, { embedder, accepts, everyState: true, pool: limit + 100 });
    for (const one of all) {
      const alike = one.alike === 'h0' || one.alike === 'h1';
      if (one.share < leastShare && one.similarity < floor.similarity && !alike) continue;
      const score = Math.min(1, Math.max(0, one.score / highest[moment]));
      best.set(one.id, Math.max(score, best.get(one.id) ?? 0));
    }
  }
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (best.size < limit && words.length > 0) {
    for (const card of source.cards()) {
      if (best.has(card.id) || !accepts(card)) continue;
      const memory = source.memory(card.id);
      if (!memory) continue;
      const text = `${memory.id}\n${aboutOf(memory)}\n${bodyOf(memory)}`.toLowerCase();
      if (words.every((word) => text.includes(word))) best.set(card.id, byText);
    }
  }
  return [...best]
    .map(([id, score]) => ({ id, score }))
    .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
    .slice(0, limit);
}
