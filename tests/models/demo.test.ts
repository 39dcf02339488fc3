import { expect, it } from 'vitest';
import { demos, findDemo } from '../../src/models/demo.ts';
import { changedGoal } from '../../src/words.ts';

it('a recording answers its own goal, also with a text in tags beside it, and no change of its program', () => {
  for (const demo of demos) {
    expect(findDemo(`${demo.goal}\n`)).toBe(demo);
    expect(findDemo(changedGoal(demo.goal, 'say it louder'))).toBeNull();
    expect(findDemo(`${demo.goal}\n\n<stdin>\nother words\n</stdin>`)).toBe(demo);
  }
});
