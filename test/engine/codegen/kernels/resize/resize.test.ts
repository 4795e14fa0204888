import { describe, expect, test } from 'vitest';
import { RandomOperands } from '../random-operands.ts';
import { randomResize } from '../random-specs.ts';
import { differences, TARGETS } from '../run-kernel.ts';

describe.each(TARGETS)('resize for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 40 }, (_, k) => 5000 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomResize(operands);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });
});
