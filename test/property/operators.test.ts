// Random models of every operator family that has a kernel: the interpreter, the compiled program with fusion off
// and on, and onnxruntime-web agree. ARENASCOPE_SEEDS=FROM:COUNT runs other seeds.

import { expect, test } from 'vitest';
import { findDifference, findOtherDifference } from './check.ts';
import { CONTROL_STEPS } from './control-steps.ts';
import { randomModel } from './random-model.ts';
import { DYNAMIC_STEPS, STEPS } from './steps.ts';
import { WIDENED_STEPS } from './widened-steps.ts';

const [FROM = 0, COUNT = 120] = (process.env.ARENASCOPE_SEEDS ?? '').split(':').filter(Boolean).map(Number);
const BLOCK = 20;
const blocks = Array.from({ length: Math.ceil(COUNT / BLOCK) }, (_, i) => FROM + i * BLOCK);

const sizeOf = (seed: number): number => 1 + (seed % 12);

test.each(blocks)('fixed shapes, seeds from %i', first => {
  for (let seed = first; seed < first + BLOCK; seed++) {
    expect(findDifference(randomModel(seed, sizeOf(seed), STEPS)), `seed ${seed}`).toBeUndefined();
  }
});

// Results over operands that tiles of pixels still had to read.
test.each([77, 1950, 2903, 10595, 20007])('once wrong, seed %i', seed => {
  expect(findDifference(randomModel(seed, sizeOf(seed), STEPS))).toBeUndefined();
});

// Indices of a kernel in an order that no kernel could undo.
test('once wrong among run-time extents', () => {
  expect(findDifference(randomModel(2759, sizeOf(2759), DYNAMIC_STEPS))).toBeUndefined();
});

test.each(blocks)('run-time extents, seeds from %i', first => {
  for (let seed = first; seed < first + BLOCK; seed++) {
    expect(findDifference(randomModel(seed, sizeOf(seed), DYNAMIC_STEPS)), `seed ${seed}`).toBeUndefined();
  }
});

test.each(blocks.slice(0, Math.ceil(blocks.length / 2)))('onnxruntime-web, seeds from %i', async first => {
  for (let seed = first; seed < first + BLOCK; seed++) {
    const difference = await findOtherDifference(randomModel(seed, sizeOf(seed) / 2, STEPS));
    expect(difference, `seed ${seed}`).toBeUndefined();
  }
});

const WITH_WIDENED = [...STEPS, ...Array.from({ length: STEPS.length }, () => WIDENED_STEPS).flat()];

test.each(blocks)('bytes read twice as floats, seeds from %i', first => {
  for (let seed = first; seed < first + BLOCK; seed++) {
    expect(findDifference(randomModel(seed, sizeOf(seed), WITH_WIDENED)), `seed ${seed}`).toBeUndefined();
  }
});

const WITH_CONTROL = [...STEPS, ...CONTROL_STEPS, ...CONTROL_STEPS];

test.each(blocks)('control flow, seeds from %i', first => {
  for (let seed = first; seed < first + BLOCK; seed++) {
    const model = randomModel(seed, sizeOf(seed), WITH_CONTROL);
    expect(findDifference(model), `seed ${seed}`).toBeUndefined();
  }
});

// A body of which everything waited for extents became a program of that body, without end.
test('once wrong in control flow', () => {
  expect(findDifference(randomModel(70006, sizeOf(70006), WITH_CONTROL))).toBeUndefined();
});

test('control flow among the random models', () => {
  const met = new Set<string>();
  for (let seed = FROM; seed < FROM + COUNT; seed++) {
    for (const { op } of randomModel(seed, sizeOf(seed), WITH_CONTROL).graph([]).nodes) met.add(op);
  }
  expect(['If', 'Loop', 'Scan'].filter(op => !met.has(op))).toEqual([]);
});

test.each(blocks.slice(0, Math.ceil(blocks.length / 2)))(
  'control flow on onnxruntime-web, seeds from %i',
  async first => {
    for (let seed = first; seed < first + BLOCK; seed++) {
      const difference = await findOtherDifference(randomModel(seed, sizeOf(seed) / 2, WITH_CONTROL));
      expect(difference, `seed ${seed}`).toBeUndefined();
    }
  },
);
