import { describe, expect, it } from 'vitest';
import { listenForInterrupts } from '../../src/cli/interrupts.ts';

describe('interrupts', () => {
  it('ask the session to end at the first Ctrl+C, and end the process at the second', () => {
    const codes: number[] = [];
    const interrupts = listenForInterrupts(null, (code) => {
      codes.push(code);
      throw new Error('the process would end here');
    });
    try {
      process.emit('SIGINT');
      expect(interrupts.signal.reason).toMatchObject({ ending: 'cancelled' });
      expect(codes).toEqual([]);
      expect(() => process.emit('SIGINT')).toThrow('would end here');
      expect(codes).toEqual([130]);
    } finally {
      interrupts.dispose();
    }
  });

  it('keep the first reason, and listen no more when they are disposed of', () => {
    const before = process.listenerCount('SIGTERM');
    const interrupts = listenForInterrupts(null, (code) => {
      throw new Error(`exit ${code}`);
    });
    process.emit('SIGHUP');
    interrupts.cancel('too late');
    expect(interrupts.signal.reason).toMatchObject({ ending: 'terminated' });
    interrupts.dispose();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
