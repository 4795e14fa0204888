// Results that lie under an operand as close as the kernels' declarations allow: the same bits as apart from it.

import { describe, expect, test } from 'vitest';
import { bandsOf, trailingInBands, trailingOf } from '../../../engine/codegen/overlap.ts';
import type { SimdClass } from '../../../engine/options.ts';
import type { Access, BufferRef } from '../../../engine/select/spec/access.ts';
import type { SoftmaxSpec } from '../../../engine/select/spec/axis.ts';
import type { ElementwiseSpec } from '../../../engine/select/spec/elementwise.ts';
import type { KernelSpec } from '../../../engine/select/spec/kernel.ts';
import type { MatmulSpec } from '../../../engine/select/spec/product.ts';
import { IDENTITY, RandomOperands } from './kernels/random-operands.ts';
import {
  randomConvolution,
  randomDepthwise,
  randomMatmul,
  randomPool,
  randomResize,
} from './kernels/random-specs.ts';
import { type Buffers, prepare } from './kernels/run-kernel.ts';
import { randomWinograd } from './kernels/winograd/random-winograd.ts';

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

/** Kernels that small ones of their kind are too small for to have several units. */
const LARGE: typeof KINDS = {
  elementwise: o =>
    elementwiseOf(
      o,
      o.chance(0.5) ? [2, o.whole(10, 20), o.whole(2000, 4000)] : [o.whole(1, 2), o.whole(70_000, 90_000)],
    ),
  softmax: o => ({ kind: 'softmax', log: false, ...linesOf(o, [o.whole(100, 400)], o.whole(40, 80)) }),
  normalize: o => ({
    ...{ kind: 'normalize', rms: false, epsilon: 1e-5 },
    ...linesOf(o, [o.whole(2, 4), o.whole(50, 100)], o.whole(40, 80)),
  }),
};

function randomLines(o: RandomOperands): Pick<SoftmaxSpec, 'outer' | 'line' | 'input' | 'epilogue'> {
  const outer = Array.from({ length: o.whole(1, 3) }, () => o.whole(1, 6));
  return linesOf(o, outer, o.whole(1, 40));
}

function linesOf(
  o: RandomOperands,
  outer: readonly number[],
  axis: number,
): Pick<SoftmaxSpec, 'outer' | 'line' | 'input' | 'epilogue'> {
  const extents = [...outer, axis];
  const order = o.chance(0.7) ? extents.map((_, k) => k) : undefined;
  return { outer, line: [axis], input: o.prologue(extents, order), epilogue: o.epilogue(extents, order) };
}

function randomElementwise(o: RandomOperands): ElementwiseSpec {
  return elementwiseOf(
    o,
    Array.from({ length: o.whole(1, 4) }, () => o.whole(1, 20)),
  );
}

function elementwiseOf(o: RandomOperands, extents: readonly number[]): ElementwiseSpec {
  const order = extents.map((_, axis) => axis);
  const body = {
    expression: IDENTITY,
    reads: [o.tensor(extents, order)],
    writes: [o.tensor(extents, order)],
  };
  return { kind: 'elementwise', extents, body };
}

type Prepared = ReturnType<typeof prepare>;

/** All units of a phase. */
const inOrder = ({ run }: Prepared): void => run();

/** Band by band, and in a band unit by unit: from its first to its last, or from its last to its first. */
const unitByUnit =
  (bands: readonly (readonly number[])[], backwards: boolean) =>
  ({ call, units }: Prepared): void => {
    units.forEach((count, phase) => {
      const firsts = [0, ...(bands[phase] ?? []), count];
      firsts.slice(0, -1).forEach((first, band) => {
        const end = firsts[band + 1] ?? count;
        for (let unit = 0; unit < end - first; unit++) {
          const at = backwards ? end - 1 - unit : first + unit;
          call(phase, at, at + 1);
        }
      });
    });
  };

/** What a kernel leaves in a buffer; `under`: the buffer lies so many bytes under another one. */
function resultOf(
  spec: KernelSpec,
  buffers: Buffers,
  { simd, threads }: { readonly simd: SimdClass; readonly threads: number },
  result: number,
  going: (prepared: Prepared) => void,
  under?: { readonly operand: number; readonly distance: number },
): Int32Array {
  // Elements that the kernel leaves alone keep a pattern that no result has.
  const arena = buffers.arena.map((data, id) =>
    id === result ? new Float32Array(Int32Array.from(data, () => UNTOUCHED).buffer) : data,
  );
  const prepared = prepare(
    spec,
    { ...buffers, arena },
    { simd, fma: true, threads },
    under && {
      buffer: under.operand,
      over: result,
      distance: under.distance,
    },
  );
  going(prepared);
  const { buffer, byteOffset, length } = prepared.machine.view({ space: 'arena', id: result });
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
      const workers = { simd, threads: 1 };
      for (const { result, operand, distance } of trailingOf([lean], workers)) {
        const bytes = operands.arena[result]?.byteLength ?? 0;
        if (distance >= bytes) continue;
        overlapping++;
        const alone = resultOf(lean, operands.buffers, workers, result, inOrder);
        const shared = resultOf(lean, operands.buffers, workers, result, inOrder, { operand, distance });
        const differing = alone.findIndex((value, i) => value !== UNTOUCHED && value !== shared[i]);
        expect(differing, `seed ${seed}, distance ${distance}: ${JSON.stringify(lean)}`).toBe(-1);
      }
    }
    expect(overlapping).toBeGreaterThan(5);
  });

  // Whatever two units of a band do to each other, one of the orders shows it.
  test.each(['scalar', '128', '256'] as const)('%s: in bands, in any order of their units', simd => {
    let [overlapping, waiting] = [0, 0];
    for (let seed = 1; seed <= 25; seed++) {
      const operands = new RandomOperands(seed);
      const spec = (LARGE[kind] ?? KINDS[kind])?.(operands, simd);
      if (!spec) throw new Error(`no kernel ${kind}`);
      const lean = { ...spec, lean: seed % 2 === 0 } as KernelSpec;
      const workers = { simd, threads: 2 + (seed % 3) };
      for (const { result, operand, distance } of trailingInBands([lean], workers, 12)) {
        const bytes = operands.arena[result]?.byteLength ?? 0;
        // As close as can be, and with room to spare: that takes fewer bands.
        for (const apart of [distance, Math.floor((3 * distance + bytes) / 16) * 4]) {
          if (apart < distance || apart >= bytes) continue;
          overlapping++;
          const bands = bandsOf([lean], workers, [{ result, operand, distance: apart }]);
          if (bands.some(({ length }) => length > 0)) waiting++;
          const alone = resultOf(lean, operands.buffers, workers, result, inOrder);
          for (const backwards of [false, true]) {
            const going = unitByUnit(bands, backwards);
            const placed = { operand, distance: apart };
            const shared = resultOf(lean, operands.buffers, workers, result, going, placed);
            const differing = alone.findIndex((value, i) => value !== UNTOUCHED && value !== shared[i]);
            expect(differing, `seed ${seed}, distance ${apart}, ${bands}: ${JSON.stringify(lean)}`).toBe(-1);
          }
        }
      }
    }
    expect(overlapping).toBeGreaterThan(5);
    expect(waiting).toBeGreaterThan(2);
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
  const distanceOf = (spec: KernelSpec, simd: SimdClass = '128') =>
    trailingOf([spec], { simd, threads: 1 })[0]?.distance;

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

  // A dimension may be any number, and the time that planning takes must not follow it.
  test.each([1e11, 2 ** 52])('of %d rows none is told', rows => {
    const spec: KernelSpec = {
      ...{ kind: 'softmax', log: false, outer: [rows], line: [40] },
      ...{ input: { expression: IDENTITY, reads: [at(0, [40, 1])] } },
      epilogue: { expression: IDENTITY, reads: [], writes: [at(1, [40, 1])] },
    };
    expect(trailingInBands([spec], { simd: '128', threads: 2 }, 8)).toEqual([]);
  });

  const pooled = (
    [height, width]: readonly [number, number],
    [inputHeight, inputWidth]: readonly [number, number],
  ): KernelSpec => {
    const [above, before] = [(height - inputHeight) / 2, (width - inputWidth) / 2];
    return {
      ...{ kind: 'pool', mode: 'max', countPadding: false, batch: 1, channels: 1 },
      ...{ inputSize: [inputHeight, inputWidth], outputSize: [height, width] },
      window: { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pads: [above, before, above, before] },
      input: { expression: IDENTITY, reads: [at(0, [inputHeight * inputWidth, inputWidth, 1, 1])] },
      epilogue: { expression: IDENTITY, reads: [], writes: [at(1, [height * width, width, 1, 1])] },
    };
  };

  test.each([[1e11, 4] as const, [4, 1e11] as const])(
    'windows over %d × %d pixels end where they began',
    (...size) => {
      expect(distanceOf(pooled(size, size))).toBeLessThan(4 * 1024);
    },
  );

  test.each([[1e11, 4] as const, [4, 1e11] as const])(
    'of %d × %d pixels that are nearly all padding none is told',
    (...size) => {
      expect(trailingOf([pooled(size, [4, 4])], { simd: '128', threads: 1 })).toEqual([]);
    },
  );
});
