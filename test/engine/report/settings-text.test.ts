import { expect, test } from 'vitest';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { settingsText } from '../../../engine/report/settings-text.ts';

test('settings are described by each toggle that is not as at first', () => {
  const words = (change: Partial<CompileOptions>) =>
    settingsText({ ...DEFAULT_OPTIONS, ...change })
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
  expect(settingsText(DEFAULT_OPTIONS)).toMatch(/^fusion on · /);
});

test('settings are described by what tells runs apart', () => {
  expect(settingsText({ ...DEFAULT_OPTIONS, fusion: false, threads: 2 })).toBe(
    'fusion off · planner size · 128 bit · 2 threads',
  );
  expect(settingsText({ ...DEFAULT_OPTIONS, disabledGroups: ['a', 'b'], simd: 'scalar' })).toBe(
    'fusion on but 2 · planner size · scalar · 1 thread',
  );
});
