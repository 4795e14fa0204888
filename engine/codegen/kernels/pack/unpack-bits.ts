// A panel of weights of few bits made to floats: (element − zero point) · scale, [k][columns] in scratch, where the
// product finds it in the cache. So weights are read from memory in the bits they have.

import type { BitWeights } from '../../../select/spec/product.ts';
import type { KernelContext } from '../../context.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { bitRowBytes } from './bits.ts';

/** A panel of k rows. */
export interface BitPanel {
  readonly weights: BitWeights;
  readonly k: number;
  readonly columns: number;
}

/** Rows in one round of the loop. */
const UNROLL = 2;

/** Writes the panel that `from` points at to the address in `to`; `from` moves behind it. */
export function emitUnpack(k: KernelContext, panel: BitPanel, from: Local, to: Local): void {
  const { f } = k;
  const v = k.vectors(4);
  const { block } = panel.weights;
  f.scope(() => {
    const target = f.local('i32', 'unpacked');
    f.assign(target, to);
    const blocks = Math.floor(panel.k / block);
    const index = f.local('i32', 'block');
    f.range(index, 0, blocks, 1, () => emitBlock(v, panel, block, from, target));
    if (panel.k % block) emitBlock(v, panel, panel.k % block, from, target);
  });
}

function emitBlock(
  v: Vectors,
  { weights, columns }: BitPanel,
  rows: number,
  from: Local,
  target: Local,
): void {
  const { f } = v;
  const vectors = columns / 4;
  f.scope(() => {
    const loads = (count: number): Value[] => {
      const values = Array.from({ length: count }, (_, j) => v.load(from, j * 16));
      f.increment(from, count * 16);
      return values;
    };
    const scales = loads(vectors);
    const zeros = weights.zero === 'each' ? loads(vectors) : scales.map(() => v.f32(Number(weights.zero)));
    const rowBytes = bitRowBytes(weights, columns);
    const run = (count: number): void => {
      for (let row = 0; row < count; row++)
        f.scope(() => {
          elementsOf(v, weights, columns, from, row * rowBytes).forEach((element, j) => {
            const [scale, zero] = [scales[j], zeros[j]];
            if (!scale || !zero) throw new Error('a vector of weights without parameters');
            const centred = weights.zero === 0 ? element : v.op('f32.sub', element, zero);
            v.store(target, (row * vectors + j) * 16, v.op('f32.mul', centred, scale));
          });
        });
      f.increment(from, count * rowBytes);
      f.increment(target, count * columns * 4);
    };
    const done = f.local('i32', 'row');
    f.range(done, 0, rows - (rows % UNROLL), UNROLL, () => run(UNROLL));
    if (rows % UNROLL) run(rows % UNROLL);
  });
}

/** A row's elements as floats, four in each vector. */
function elementsOf(v: Vectors, { bits }: BitWeights, columns: number, from: Local, offset: number): Value[] {
  const { f } = v;
  const bytes = f.local('v128', 'bytes');
  const size = (columns * bits) / 8;
  f.get(from);
  if (size === 16) f.memory('v128.load', offset);
  else f.memory(size === 8 ? 'v128.load64_zero' : 'v128.load32_zero', offset);
  f.set(bytes);
  if (bits === 8) return widened(v, bytes, columns);
  const [low, high] = [f.local('v128', 'low'), f.local('v128', 'high')];
  f.get(bytes);
  f.i32x4(0x0f0f0f0f);
  f.op('v128.and');
  f.set(low);
  f.get(bytes);
  f.i32(4);
  f.op('i8x16.shr_u');
  f.set(high);
  return [...widened(v, low, columns / 2), ...widened(v, high, columns / 2)];
}

/** The first `count` bytes of a vector as floats. */
function widened(v: Vectors, bytes: Local, count: number): Value[] {
  const { f } = v;
  const values: Value[] = [];
  for (let at = 0; at < count; at += 8) {
    const halves = f.local('v128', 'halves');
    f.get(bytes);
    f.op(at === 0 ? 'i16x8.extend_low_i8x16_u' : 'i16x8.extend_high_i8x16_u');
    f.set(halves);
    for (const part of count - at >= 8 ? (['low', 'high'] as const) : (['low'] as const)) {
      const value = v.fresh('f32');
      f.get(halves);
      f.op(`i32x4.extend_${part}_i16x8_u`);
      f.op('f32x4.convert_i32x4_s');
      f.set(v.part(value, 0));
      values.push(value);
    }
  }
  return values;
}
