// Matrix product. A constant right operand comes packed; one computed at run time is packed into shared scratch in a
// first phase, whatever its strides, with its expression applied. The left operand is read where it lies if its rows
// are plain and contiguous.

import { elementCount } from '../../../ir/tensor.ts';
import type { Prologue } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { MatmulSpec } from '../../../select/spec/product.ts';
import type { Template } from '../../context.ts';
import { plainRead } from '../../expression/hook.ts';
import { moment, type Pace, type Traversal, wholeBox, within } from '../../traversal.ts';
import { tileCount } from '../pack/pack.ts';
import { emitPackPanels } from '../pack/panels.ts';
import { matrixStrip, withPixel } from '../strip/strip.ts';
import { pushSharedScratch, wholeLines } from '../work/scratch.ts';
import { emitProduct } from './emit.ts';
import { type Left, type Panels, type Product, panelBytes, productNeeds } from './product.ts';
import { productTraversal } from './traversal.ts';

/** Words of a row of the left operand. */
const wordsOf = ({ k, integers }: MatmulSpec): number => (integers ? Math.ceil(k / 2) : k);
const depthOf = (spec: MatmulSpec): [{ count: number; stride: number }] => [
  { count: wordsOf(spec), stride: 4 },
];

function leftOf(spec: MatmulSpec): { readonly left: Left; readonly rowStride: number } {
  const access = spec.integers ? undefined : plainRead(spec.a);
  const strides = access?.strides ?? [];
  const forward = (strides.at(-2) ?? 0) >= 0;
  if (access?.dtype === 'float32' && forward && (strides.at(-1) === 1 || spec.k === 1))
    return {
      left: { kind: 'memory', access: { ...access, strides: strides.slice(0, -1) } },
      rowStride: (strides.at(-2) ?? 0) * 4,
    };
  const strip = { ...matrixStrip(spec.a, spec.m, spec.k), rowsExist: true, pairs: spec.integers };
  return { left: { kind: 'strip', strip, top: 0 }, rowStride: wordsOf(spec) * 4 };
}

/** Batch axes along which the right operand differs: it is packed once for all others. */
function packedBatch(spec: MatmulSpec, b: Prologue): number[] {
  return spec.batch.map((extent, axis) => (b.reads.some(({ strides }) => strides[axis]) ? extent : 1));
}

const panelsBytes = (spec: MatmulSpec): number =>
  tileCount(spec.n, spec.tile[1]) * panelBytes(depthOf(spec), spec.tile[1]);

function rightOf(spec: MatmulSpec): Panels {
  const { b } = spec;
  if ('packed' in b) return { address: k => k.address(b.packed), outerStrides: spec.batch.map(() => 0) };
  const extents = packedBatch(spec, b);
  let stride = panelsBytes(spec);
  const outerStrides = extents.map(() => 0);
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = extents[axis] ?? 1;
    if (extent > 1) outerStrides[axis] = stride;
    stride *= extent;
  }
  return { address: pushSharedScratch, outerStrides };
}

function unpackOf({ b, k, tile }: MatmulSpec): Pick<Product, 'unpack'> {
  const weights = 'packed' in b ? b.bits : undefined;
  return weights ? { unpack: { weights, k, columns: tile[1] } } : {};
}

/** The product that the kernel computes in its last phase. */
export function matmulProduct(spec: MatmulSpec): Product {
  const { bias, epilogue } = spec;
  const { left, rowStride } = leftOf(spec);
  return {
    left,
    rowStride,
    pixelStride: rowStride,
    rowBytes: wordsOf(spec) * 4,
    outer: spec.batch,
    rows: spec.m,
    unitRows: spec.unitRows,
    width: 1,
    columns: spec.n,
    tile: spec.tile,
    rowStep: 1,
    rowSpan: 1,
    depth: depthOf(spec),
    right: rightOf(spec),
    lean: spec.lean ?? false,
    order: spec.order,
    pairs: spec.integers,
    ...unpackOf(spec),
    ...(bias && { bias: { address: k => k.address(bias), outerStrides: spec.batch.map(() => 0) } }),
    epilogue: {
      ...epilogue,
      reads: epilogue.reads.map(withPixel),
      writes: epilogue.writes.map(withPixel),
    },
  };
}

function needsOf(spec: MatmulSpec, threads: number): KernelNeeds {
  const product = productNeeds(matmulProduct(spec), threads);
  const { b } = spec;
  if ('packed' in b) return product;
  const batches = elementCount(packedBatch(spec, b));
  return {
    ...product,
    scratchShared: wholeLines(batches * panelsBytes(spec)),
    phases: [batches * tileCount(spec.n, spec.tile[1]), product.units],
  };
}

/** A right operand that is packed first is not read afterwards. */
function* traverse(spec: MatmulSpec, threads: number, pace: Pace): Traversal {
  const { b } = spec;
  if (!('packed' in b)) {
    const right = within(b.reads, wholeBox([...spec.batch, spec.k, spec.n]));
    yield moment(right, [], needsOf(spec, threads).phases[0]);
  }
  yield* productTraversal(matmulProduct(spec), threads, pace);
}

export const matmul: Template<MatmulSpec> = {
  needs: (spec, _simd, threads) => needsOf(spec, threads),
  traverse: (spec, _simd, threads, pace) => traverse(spec, threads, pace),
  emit: (k, spec, phase, needs) => {
    const { b } = spec;
    if (!('packed' in b) && phase === 0)
      emitPackPanels(k, {
        input: b,
        batch: packedBatch(spec, b),
        terms: [spec.k],
        n: spec.n,
        columns: spec.tile[1],
      });
    else emitProduct(k, matmulProduct(spec), needs);
  },
};
