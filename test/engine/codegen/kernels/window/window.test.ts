import { describe, expect, test } from 'vitest';
import { tileRow } from '../../../../../engine/codegen/kernels/window/window.ts';
import type { PoolSpec } from '../../../../../engine/select/spec/window.ts';
import { RandomOperands } from '../random-operands.ts';
import { randomDepthwise, randomPool } from '../random-specs.ts';
import { differences, TARGETS } from '../run-kernel.ts';

describe.each(TARGETS)('window kernels for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 40 }, (_, k) => 2000 + k))('depthwise, seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomDepthwise(operands);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });

  test.each(Array.from({ length: 40 }, (_, k) => 3000 + k))('pool, seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomPool(operands);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });

  test('maximum of NaN, infinities and negative numbers', () => {
    const operands = new RandomOperands(1);
    const epilogue = {
      expression: { nodes: [{ kind: 'input', index: 0, type: 'f32' } as const], results: [0] },
      reads: [],
    };
    const spec: PoolSpec = {
      kind: 'pool',
      mode: 'max',
      countPadding: false,
      batch: 1,
      channels: 9,
      inputSize: [1, 4],
      outputSize: [1, 4],
      window: { kernel: [1, 3], stride: [1, 1], dilation: [1, 1], pads: [0, 1, 0, 1] },
      input: { ...epilogue, reads: [operands.tensor([1, 1, 4, 9], [0, 1, 2, 3])] },
      epilogue: { ...epilogue, writes: [operands.tensor([1, 1, 4, 9], [0, 1, 2, 3])] },
    };
    const [data] = operands.arena;
    [Number.NaN, -5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].forEach((value, k) => {
      data?.fill(value, k * 7, k * 7 + 7);
    });
    expect(differences(spec, operands.buffers, target)).toEqual([]);
  });
});

test('a row of pixels is cut into tiles of nearly equal width, borders apart', () => {
  const taps = (width: number) => (pixel: number) =>
    [pixel === 0 ? 1 : 0, pixel === width - 1 ? 2 : 3] as const;
  expect(tileRow(14, taps(14)).map(run => [run.first, run.count, run.taps.length])).toEqual([
    [0, 1, 7],
    [7, 1, 7],
  ]);
  expect(tileRow(30, taps(30)).map(run => [run.first, run.count, run.taps.length])).toEqual([
    [0, 1, 6],
    [6, 3, 6],
    [24, 1, 6],
  ]);
  expect(tileRow(1, taps(1)).map(run => run.taps)).toEqual([[[1, 2]]]);
  expect(tileRow(2 ** 40, taps(2 ** 40)).reduce((sum, run) => sum + run.count * run.taps.length, 0)).toBe(
    2 ** 40,
  );
});
