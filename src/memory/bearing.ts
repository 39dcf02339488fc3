/** What the goals that were met before say for a lesson at a new goal: which words of it belong to those the lesson was needed at. */

/** One goal that was met: its words, and the session that met it. */
export interface Met {
  session: string | null;
  words: ReadonlySet<string>;
  /** Of a lesson's own text. */
  lesson: string | null;
}

export interface Bearing {
  by: string[];
  /** Sum of weights that speak for the lesson, in nats. */
  sum: number;
  /** As a part of the weights of all the goal's words. */
  part: number;
  root: number;
}

const background = 40;
const doubt = Number(process.env.DOUBT ?? 0.7);
const power = Number(process.env.POWER ?? 0.5);

export function bearingsOf(query: ReadonlySet<string>, met: readonly Met[], common: ReadonlySet<string>, owners: ReadonlyMap<string, number>) {
  const words = [...query].map((word) => {
    const holders = met.filter((one) => one.words.has(word));
    const sessions = new Set(holders.map((one) => one.session ?? one.lesson));
    const count = sessions.size + (common.has(word) ? background * 0.6 : 0);
    const all = met.length + background;
    return { word, holders, weight: Math.log((all + 1) / (count + 0.5)) };
  });
  const total = words.reduce((sum, { weight }) => sum + weight, 0);
  return (lesson: { id: string; seenIn: readonly string[]; tried: ReadonlySet<string> }): Bearing => {
    const own = new Set(lesson.seenIn);
    let sum = 0;
    const by: string[] = [];
    for (const { holders, weight } of words) {
      let yes = 0;
      let seen = 0;
      let all = 0;
      let said = 0;
      const counted = new Set<string>();
      for (const one of holders) {
        if (one.session === null) {
          all += 1;
          if (one.lesson === lesson.id) { yes += 1; said = 1; }
          continue;
        }
        if (counted.has(one.session)) continue;
        counted.add(one.session);
        const mine = own.has(one.session);
        if (!mine && lesson.tried.has(one.session)) continue;
        all += 1;
        if (mine) {
          yes += 1 / Math.max(1, owners.get(one.session) ?? 1);
          seen += 1;
        }
      }
      if (yes === 0) continue;
      const often = said ? 1 : ((seen + 0.5) / (own.size + 0.5)) ** power;
      const base = Number(process.env.BASE ?? 0.25);
      by.push(`${word}:${(weight * often * Math.max(0, yes / (all + doubt) - base) / (1 - base)).toFixed(1)}`);
      sum += (weight * often * Math.max(0, yes / (all + doubt) - base)) / (1 - base);
    }
    return { by, sum, part: total === 0 ? 0 : sum / total, root: total === 0 ? 0 : sum / Math.sqrt(total) };
  };
}
