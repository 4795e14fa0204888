import { describe, expect, it } from 'vitest';
import { type CompileOptions, DEFAULT_OPTIONS, STRATEGIES } from '../../../engine/options.ts';
import { historyOf, record, redo, undo } from '../../../renderer/state/history.ts';
import {
  describeOptions,
  firstOptions,
  optionsKey,
  STRATEGY_NAMES,
} from '../../../renderer/state/settings.ts';

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

  it('are described by each toggle that is not as at first', () => {
    const words = (change: Partial<CompileOptions>) =>
      describeOptions({ ...DEFAULT_OPTIONS, ...change })
        .split(' · ')
        .slice(4);
    expect(words({})).toEqual([]);
    expect(words({ layout: 'nhwc' })).toEqual(['NHWC']);
    expect(words({ fma: false })).toEqual(['no multiply-add']);
    expect(words({ inPlace: false })).toEqual(['not in place']);
    expect(words({ overlap: false })).toEqual(['no overlap']);
    expect(words({ lean: 'off' })).toEqual(['not lean']);
    expect(words({ reorder: false })).toEqual(['order of the file']);
    expect(words({ depthFirst: 'memory' })).toEqual(['depth-first for memory']);
    expect(words({ winograd: false })).toEqual(['no Winograd']);
    expect(words({ reference: true })).toEqual(['interpreted']);
    expect(describeOptions(DEFAULT_OPTIONS)).toMatch(/^fusion on · /);
  });

  it('are described by what tells runs apart', () => {
    expect(describeOptions({ ...DEFAULT_OPTIONS, fusion: false, threads: 2 })).toBe(
      'fusion off · planner size · 128 bit · 2 threads',
    );
    expect(describeOptions({ ...DEFAULT_OPTIONS, disabledGroups: ['a', 'b'], simd: 'scalar' })).toBe(
      'fusion on but 2 · planner size · scalar · 1 thread',
    );
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
