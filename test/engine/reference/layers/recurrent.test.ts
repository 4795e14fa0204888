// Recurrent layers: sequence lengths, directions, and layers that can be worked out by hand.

import { describe, expect, test } from 'vitest';
import { numbersOf } from '../../../../engine/ir/tensor.ts';
import { attr, f32, of, runAll, values } from '../run-op.ts';

const relu = { activations: attr.strings(['Relu']) };

describe('RNN', () => {
  const w = f32([1, 1, 1], [1]);
  const r = f32([1, 1, 1], [1]);

  test('sums its inputs when everything is 1', () => {
    expect(values('RNN', [f32([3, 1, 1], [1, 2, 3]), w, r], { attributes: relu })).toEqual([1, 3, 6]);
  });

  test('a shorter sequence leaves zeros behind it and its own last state', () => {
    const x = f32([3, 2, 1], [1, 10, 2, 20, 3, 30]);
    const lengths = of('int32', [2], [3, 1]);
    const [y, last] = runAll('RNN', [x, w, r, undefined, lengths], { outputs: 2, attributes: relu });
    expect(y && numbersOf(y)).toEqual([1, 10, 3, 0, 6, 0]);
    expect(last && numbersOf(last)).toEqual([6, 10]);
  });

  test('reverse starts at the end of each sequence', () => {
    const attributes = { ...relu, direction: attr.string('reverse') };
    expect(values('RNN', [f32([3, 1, 1], [1, 2, 3]), w, r], { attributes })).toEqual([6, 5, 3]);
  });
});

describe('GRU', () => {
  test('linear_before_reset changes where the recurrent bias is reset', () => {
    const x = f32([1, 1, 1], [0]);
    const zero = f32([1, 3, 1], [0, 0, 0]);
    const bias = f32([1, 6], [0, 0, 0, 0, 0, 1]);
    const gru = (before: number) =>
      values('GRU', [x, zero, zero, bias], { attributes: { linear_before_reset: attr.int(before) } })[0];
    expect(gru(0)).toBeCloseTo(0.5 * Math.tanh(1), 6);
    expect(gru(1)).toBeCloseTo(0.5 * Math.tanh(0.5), 6);
  });
});

describe('LSTM', () => {
  test('clip bounds what enters the gates', () => {
    const x = f32([1, 1, 1], [100]);
    const w = f32([1, 4, 1], [1, 1, 1, 1]);
    const r = f32([1, 4, 1], [0, 0, 0, 0]);
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const cell = sigmoid(1) * Math.tanh(1);
    const [h] = values('LSTM', [x, w, r], { attributes: { clip: attr.float(1) } });
    expect(h).toBeCloseTo(sigmoid(1) * Math.tanh(cell), 6);
  });
});
