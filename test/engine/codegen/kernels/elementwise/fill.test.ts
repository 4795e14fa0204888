// Filling boxes: borders of a padded buffer, any type.

import { expect, it } from 'vitest';
import { access, expectKernel } from '../../expect-kernel.ts';
import { runKernel } from '../../memory-kernel.ts';

it('fills a box inside a larger buffer and nothing else', () => {
  for (const [h, w] of [
    [3, 5],
    [1, 1],
    [7, 16],
    [2, 33],
  ] as const) {
    const write = access(0, [40, 1], 41);
    expectKernel({ kind: 'fill', extents: [h, w], value: -1.5, write }, [new Float32Array(400)], 0);
  }
});

it.each(['int32', 'uint8', 'int8', 'bool'] as const)('fills %s', dtype => {
  const data =
    dtype === 'int32' ? new Int32Array(99) : dtype === 'int8' ? new Int8Array(99) : new Uint8Array(99);
  expectKernel({ kind: 'fill', extents: [99], value: 1, write: access(0, [1], 0, dtype) }, [data], 0);
});

it('fills a column', () => {
  expectKernel(
    { kind: 'fill', extents: [13], value: 7, write: access(0, [5], 2) },
    [new Float32Array(70)],
    0,
  );
});

it('keeps infinities and the sign of zero', () => {
  for (const value of [-Infinity, -0, NaN]) {
    const spec = { kind: 'fill', extents: [5], value, write: access(0, [1]) } as const;
    const [data] = runKernel(spec, [new Float32Array(5)], { simd: '128', fma: true, threads: 1 });
    expect(Object.is(data?.[4], value)).toBe(true);
  }
});
