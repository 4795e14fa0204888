import { describe, expect, test } from 'vitest';
import { weightTransform } from '../../../../../engine/codegen/kernels/winograd/matrices.ts';
import { RandomOperands } from '../random-operands.ts';
import { differencesFrom, TARGETS } from '../run-kernel.ts';
import { randomIntegerWinograd, randomWinograd } from './random-winograd.ts';

describe.each(TARGETS)('Winograd for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 30 }, (_, k) => 9000 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    const { direct, fast } = randomWinograd(operands, target.simd);
    expect(differencesFrom(direct, fast, operands.buffers, target), JSON.stringify(fast)).toEqual([]);
  });
});

describe.each(TARGETS)('Winograd of integers for $simd, fma $fma, $threads workers', target => {
  const { simd } = target;
  test.runIf(simd !== 'scalar').each(Array.from({ length: 30 }, (_, k) => 9500 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    if (simd === 'scalar') return;
    const { direct, fast } = randomIntegerWinograd(operands, simd);
    expect(differencesFrom(direct, fast, operands.buffers, target), JSON.stringify(fast)).toEqual([]);
  });
});

test.each([2, 4] as const)('F(%i): a transformed weight that sees only one tap', outputs => {
  const factors = new Float32Array((outputs + 2) ** 2);
  weightTransform(outputs)(Float32Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0, 1), 1, factors, 0, 1);
  expect(factors.at(-1)).toBe(1);
  expect(factors[0]).toBe(0);
});
