// Results that lie under an operand as close as the kernels' declarations allow: the same bits as apart from it.

import { describe, expect, test } from 'vitest';
import { trailingOf } from '../../../engine/codegen/overlap.ts';
import type { SimdClass } from '../../../engine/options.ts';
import type {
  Access,
  BufferRef,
  ElementwiseSpec,
  KernelSpec,
  MatmulSpec,
  SoftmaxSpec,
} from '../../../engine/select/spec.ts';
import { IDENTITY, RandomOperands } from './kernels/random-operands.ts';
import {
  randomConvolution,
  randomDepthwise,
  randomMatmul,
  randomPool,
  randomResize,
} from './kernels/random-specs.ts';
import { randomWinograd } from './kernels/random-winograd.ts';
import { type Buffers, prepare } from './kernels/run-kernel.ts';

const KINDS: Readonly<Record<string, (o: RandomOperands, simd: SimdClass) => KernelSpec>> = {
  convolution: randomConvolution,
  depthwise: randomDepthwise,
  pool: randomPool,
  matmul: randomMatmul,
  resize: randomResize,
  winograd: (o, simd) => randomWinograd(o, simd).fast,
  elementwise: randomElementwise,
  softmax: o => ({ kind: 'softmax', log: false, ...randomLines(o) }),
  normalize: o => ({ kind: 'normalize', rms: false, epsilon: 1e-5, ...randomLines(o) }),
};

function randomLines(o: RandomOperands): Pick<SoftmaxSpec, 'outer' | 'axis' | 'input' | 'epilogue'> {
  const outer = Array.from({ length: o.whole(1, 3) }, () => o.whole(1, 6));
  const axis = o.whole(1, 40);
  const extents = [...outer, axis];
  const order = o.chance(0.7) ? extents.map((_, k) => k) : undefined;
  return { outer, axis, input: o.prologue(extents, order), epilogue: o.epilogue(extents, order) };
}

function randomElementwise(o: RandomOperands): ElementwiseSpec {
  const extents = Array.from({ length: o.whole(1, 4) }, () => o.whole(1, 20));
  const order = extents.map((_, axis) => axis);
  const body = {
    expression: IDENTITY,
    reads: [o.tensor(extents, order)],
    writes: [o.tensor(extents, order)],
  };
  return { kind: 'elementwise', extents, body };
}

/** What a kernel leaves in a buffer; `under`: the buffer lies so many bytes under another one. */
function resultOf(
  spec: KernelSpec,
  buffers: Buffers,
  simd: SimdClass,
  result: number,
  under?: { readonly operand: number; readonly distance: number },
): Int32Array {
  // Elements that the kernel leaves alone keep a pattern that no result has.
  const arena = buffers.arena.map((data, id) =>
    id === result ? new Float32Array(Int32Array.from(data, () => UNTOUCHED).buffer) : data,
  );
  const { machine, run } = prepare(
    spec,
    { ...buffers, arena },
    { simd, fma: true, threads: 1 },
    under && {
      buffer: under.operand,
      over: result,
      distance: under.distance,
    },
  );
  run();
  const { buffer, byteOffset, length } = machine.view({ space: 'arena', id: result });
  return new Int32Array(buffer, byteOffset, length).slice();
}

const UNTOUCHED = 0x7fc0dead;

describe.each(Object.keys(KINDS))('%s', kind => {
  test.each(['scalar', '128', '256'] as const)('%s: as close as declared', simd => {
    let overlapping = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const operands = new RandomOperands(seed);
      const spec = KINDS[kind]?.(operands, simd);
      if (!spec) throw new Error(`no kernel ${kind}`);
      const lean = { ...spec, lean: seed % 2 === 0 } as KernelSpec;
      for (const { result, operand, distance } of trailingOf([lean], simd)) {
        const bytes = operands.arena[result]?.byteLength ?? 0;
        if (distance >= bytes) continue;
        overlapping++;
        const alone = resultOf(lean, operands.buffers, simd, result);
        const shared = resultOf(lean, operands.buffers, simd, result, { operand, distance });
        const differing = alone.findIndex((value, i) => value !== UNTOUCHED && value !== shared[i]);
        expect(differing, `seed ${seed}, distance ${distance}: ${JSON.stringify(lean)}`).toBe(-1);
      }
    }
    expect(overlapping).toBeGreaterThan(5);
  });
});

const at = (id: number, strides: readonly number[], dtype: Access['dtype'] = 'float32'): Access => ({
  ...{ buffer: { space: 'arena', id } as BufferRef, dtype, offset: 0, strides },
});

describe('distances', () => {
  const elementwise = (from: Access, to: Access): ElementwiseSpec => ({
    ...{ kind: 'elementwise', extents: [100] },
    body: { expression: IDENTITY, reads: [from], writes: [to] },
  });
  const distanceOf = (spec: KernelSpec, simd: SimdClass = '128') => trailingOf([spec], simd)[0]?.distance;

  test('none where elements keep their size', () => {
    expect(distanceOf(elementwise(at(0, [1]), at(1, [1])))).toBe(0);
  });

  // The last vector is written when all is read.
  test('what is gained where they grow, none where they shrink', () => {
    expect(distanceOf(elementwise(at(0, [1], 'uint8'), at(1, [1])))).toBe(300 - 12);
    expect(distanceOf(elementwise(at(0, [1]), at(1, [1], 'uint8')))).toBe(0);
  });

  test('all of it where an operand is read backwards', () => {
    const backwards: Access = { ...at(0, [-1]), offset: 99 };
    expect(distanceOf(elementwise(backwards, at(1, [1])))).toBe(400 - 16);
  });

  test('a lean product of pixels needs little more than what it gains', () => {
    const [pixels, k, n] = [1000, 32, 64];
    const spec: MatmulSpec = {
      ...{ kind: 'matmul', batch: [], m: pixels, n, k, tile: [6, 8], lean: true },
      a: { expression: IDENTITY, reads: [at(0, [k, 1])] },
      b: { packed: { space: 'weights', id: 0 } },
      epilogue: { expression: IDENTITY, reads: [], writes: [at(1, [n, 1])] },
    };
    const gained = pixels * (n - k) * 4;
    expect(distanceOf(spec)).toBeGreaterThan(gained);
    expect(distanceOf(spec)).toBeLessThan(gained + 4096);
  });
});
