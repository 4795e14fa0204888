import { describe, expect, test } from 'vitest';
import type { MatmulSpec } from '../../../../../engine/select/spec/product.ts';
import { RandomOperands } from '../random-operands.ts';
import { randomMatmul } from '../random-specs.ts';
import { differences, TARGETS } from '../run-kernel.ts';

describe.each(TARGETS)('matrix product for $simd, fma $fma, $threads workers', target => {
  test.each(Array.from({ length: 60 }, (_, k) => 4000 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = randomMatmul(operands, target.simd);
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });

  test('rows read backwards', () => {
    const o = new RandomOperands(5);
    const [m, n, k] = [7, 5, 6];
    const identity = { nodes: [{ kind: 'input', index: 0, type: 'f32' } as const], results: [0] };
    const backwards = {
      buffer: o.buffer('arena', m * k),
      dtype: 'float32' as const,
      offset: (m - 1) * k,
      strides: [-k, 1],
    };
    const spec: MatmulSpec = {
      kind: 'matmul',
      batch: [],
      m,
      n,
      k,
      a: { expression: identity, reads: [backwards] },
      b: { expression: identity, reads: [o.tensor([k, n], [0, 1])] },
      epilogue: { expression: identity, reads: [], writes: [o.tensor([m, n], [0, 1])] },
      tile: [4, 4],
    };
    expect(differences(spec, o.buffers, target)).toEqual([]);
  });
});
