import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, STRATEGIES } from '../../../engine/options.ts';
import { historyOf, record, redo, undo } from '../../../renderer/state/history.ts';
import { firstOptions, optionsKey, STRATEGY_NAMES } from '../../../renderer/state/settings.ts';

describe('settings', () => {
  it('start with the defaults of the engine, on a machine that can do no more', () => {
    expect(firstOptions(undefined)).toEqual(DEFAULT_OPTIONS);
  });

  it('name every strategy', () => {
    expect(Object.keys(STRATEGY_NAMES)).toEqual([...STRATEGIES]);
  });

  it('have one key whatever order they were made in, and another for each difference', () => {
    const a = { ...DEFAULT_OPTIONS, dims: { x: 1, y: 2 }, disabledGroups: ['p', 'q'] };
    const b = { ...a, dims: { y: 2, x: 1 }, disabledGroups: ['q', 'p'] };
    expect(optionsKey(a)).toBe(optionsKey(b));
    expect(optionsKey(a)).not.toBe(optionsKey({ ...a, dims: { x: 1, y: 3 } }));
    expect(optionsKey(a)).not.toBe(optionsKey({ ...a, fusion: false }));
  });

  it('do not tell an absent seed from an undefined one', () => {
    const { reseed: _, ...without } = { ...DEFAULT_OPTIONS, reseed: 1 };
    expect(optionsKey(without)).toBe(optionsKey(DEFAULT_OPTIONS));
  });
});

describe('history', () => {
  it('goes back and forth, and forgets the future when something new happens', () => {
    const three = record(record(historyOf(1), 2), 3);
    expect(undo(undo(three)).present).toBe(1);
    expect(undo(undo(undo(three))).present).toBe(1);
    expect(redo(undo(three)).present).toBe(3);
    expect(redo(record(undo(three), 4))).toEqual({ past: [1, 2], present: 4, future: [] });
  });
});
