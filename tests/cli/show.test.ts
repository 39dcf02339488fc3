import { describe, expect, it } from 'vitest';
import { detailsOf } from '../../src/cli/memory/show.ts';
import { lessonOf } from '../memory/plain.ts';

const textOf = (lesson: ReturnType<typeof lessonOf>, label: string) =>
  detailsOf(lesson, []).find((detail) => detail.label === label)?.text;

describe('a lesson that is shown', () => {
  it('names the class of its failure once', () => {
    const failure = { v: 1, tool: 'python', class: 'ZeroDivisionError', key: 'x', hash: 'x' };
    const templates = ['ZeroDivisionError: division by zero', 'division by zero'];
    const signatures = templates.map((template) => ({ ...failure, template }));
    const line = 'ZeroDivisionError: division by zero';
    expect(textOf(lessonOf('a', { signatures } as never), 'failures')).toBe(`${line}\n${line}`);
  });

  it('is taught by the sessions that ended in a witness, not by those that only used it', () => {
    const lesson = lessonOf('a', { seenIn: ['s1', 'used', 's3'], taughtIn: ['s1', 's3'] });
    expect(textOf(lesson, 'taught by')).toBe('s1:1\ns3');
    expect(textOf(lessonOf('a', { seenIn: ['s1', 'used'] }), 'taught by')).toBe('s1:1');
  });
});
