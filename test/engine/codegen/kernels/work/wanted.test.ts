// Kernels of which not all results are wanted: those that are, are what they always were, for every number of them; and
// of none nothing is written.

import { expect, test } from 'vitest';
import type { SimdClass } from '../../../../../engine/options.ts';
import { type Front, frontsOf } from '../../../../../engine/select/fronts.ts';
import type { Access } from '../../../../../engine/select/spec/access.ts';
import type { KernelSpec, Wanted } from '../../../../../engine/select/spec/kernel.ts';
import { IDENTITY, RandomOperands } from '../random-operands.ts';
import { randomConvolution, randomDepthwise, randomMatmul, randomPool } from '../random-specs.ts';
import { type Buffers, type KernelTarget, prepare, TARGETS } from '../run-kernel.ts';

const UNTOUCHED = -123.5;

/** Row-major over a box, in buffer `id`. */
function access(id: number, extents: readonly number[]): Access {
  const strides = extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));
  return { buffer: { space: 'arena', id }, dtype: 'float32', offset: 0, strides };
}

const SIZES: readonly (readonly number[])[] = [[40, 9], [64, 64], [17, 3, 5], [2000]];

/** Kernels over lines and boxes, from buffer 0 to buffer 1. */
function plainSpecs(): readonly (readonly [KernelSpec, Buffers])[] {
  return SIZES.flatMap(extents => {
    const count = extents.reduce((a, b) => a * b, 1);
    const buffers: Buffers = {
      arena: [Float32Array.from({ length: count }, (_, i) => Math.sin(i)), new Float32Array(count)],
      weights: [],
    };
    const [from, to] = [access(0, extents), access(1, extents)];
    const epilogue = { expression: IDENTITY, reads: [], writes: [to] };
    const input = { expression: IDENTITY, reads: [from] };
    const body = { expression: IDENTITY, reads: [from], writes: [to] };
    const [outer, axis = 1] = [extents.slice(0, -1), extents.at(-1)];
    const lines = { outer, line: [axis], input, epilogue };
    const specs: KernelSpec[] = [{ kind: 'elementwise', extents, body }];
    if (outer.length > 0) {
      specs.push({ kind: 'softmax', log: false, ...lines });
      specs.push({ kind: 'normalize', rms: false, epsilon: 1e-5, ...lines });
      const sums = { ...epilogue, writes: [access(1, outer)] };
      specs.push({ kind: 'reduce', op: 'sum', outer, reduced: [axis], input, epilogue: sums });
    }
    return specs.map(spec => [spec, buffers] as const);
  });
}

/** Kernels with an anchor whose outermost axis can be cut, and their operands. */
function randomSpecs(simd: SimdClass): readonly (readonly [KernelSpec, Buffers])[] {
  const makers = [randomMatmul, randomConvolution, randomDepthwise, randomPool] as const;
  const found: (readonly [KernelSpec, Buffers])[] = [];
  for (let seed = 0; seed < 60; seed++) {
    const o = new RandomOperands(seed);
    const spec = makers[seed % makers.length]?.(o, simd);
    if (spec) found.push([spec, o.buffers]);
  }
  return found;
}

interface Runs {
  readonly front: Front;
  readonly wanted: Wanted;
}

/** The results' buffers after a run of which so many places are wanted. */
function results(
  spec: KernelSpec,
  buffers: Buffers,
  target: KernelTarget,
  { front, wanted }: Runs,
  count: number,
) {
  const words = new Float32Array(Int32Array.of(count, 0).buffer);
  const arena = buffers.arena.map((data, id) =>
    front.writes.some(({ owner }) => owner === id) ? data.map(() => UNTOUCHED) : data,
  );
  const all = { ...buffers, arena: [...arena, words] };
  const { machine, run } = prepare(spec, all, target, undefined, ['kernel'], wanted);
  run();
  return front.writes.map(({ owner }) => machine.view({ space: 'arena', id: owner }).slice());
}

test.each(TARGETS)('%j', target => {
  let cut = 0;
  for (const [spec, buffers] of [...plainSpecs(), ...randomSpecs(target.simd)]) {
    const front = frontsOf(spec);
    if (!front?.writes.every(({ each }) => each !== undefined)) continue;
    const { axis, extent } = front;
    const wanted = { count: { space: 'arena', id: buffers.arena.length }, capacity: extent, axis } as const;
    const runs = { front, wanted };
    const whole = results(spec, buffers, target, runs, extent);
    for (const count of [0, 1, 2, Math.ceil(extent / 2), extent - 1, extent]) {
      results(spec, buffers, target, runs, count).forEach((data, i) => {
        const each = front.writes[i]?.each ?? 0;
        const context = `${JSON.stringify(spec)}, ${count} of ${extent}`;
        expect(data.subarray(0, count * each), context).toEqual(whole[i]?.subarray(0, count * each));
        if (count === 0 && data.every(value => value === UNTOUCHED)) cut++;
      });
    }
  }
  expect(cut).toBeGreaterThan(15);
});
