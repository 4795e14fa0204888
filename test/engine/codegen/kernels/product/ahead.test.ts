import { describe, expect, test } from 'vitest';
import { emitModule, kernelNeeds } from '../../../../../engine/codegen/emit.ts';
import {
  packedConvolutionLength,
  packedMatmulLength,
} from '../../../../../engine/codegen/kernels/pack/pack.ts';
import { packedWinogradLength } from '../../../../../engine/codegen/kernels/pack/winograd.ts';
import { disassemble } from '../../../../../engine/codegen/wasm/disassemble.ts';
import { SIMD_CLASSES, type SimdClass, sharesMemory } from '../../../../../engine/options.ts';
import type { KernelSpec } from '../../../../../engine/select/spec/kernel.ts';
import type { MatmulSpec } from '../../../../../engine/select/spec/product.ts';
import type { ConvolutionSpec, WinogradSpec } from '../../../../../engine/select/spec/window.ts';
import { tileFor } from '../../../../../engine/select/tile-cost.ts';
import { IDENTITY, RandomOperands } from '../random-operands.ts';

const PAGE = 65_536;
const READS_BYTE = /i32\.load8_u/;

type Make = (o: RandomOperands, tile: readonly [number, number]) => KernelSpec;

const product =
  (m: number, columns: number): Make =>
  (o, tile): MatmulSpec => {
    const [k, n] = [24, columns * tile[1]];
    return {
      ...{ kind: 'matmul', batch: [], m, n, k, tile },
      b: { packed: o.buffer('weights', packedMatmulLength({ k, n, strides: { k: n, n: 1 } }, tile[1])) },
      a: { expression: IDENTITY, reads: [o.tensor([m, k], [0, 1])] },
      epilogue: { expression: IDENTITY, reads: [], writes: [o.tensor([m, n], [0, 1])] },
    };
  };

/** 3 × 3 on an image of 9 × 9; results in rows that do not follow one another are written row by row. */
const image =
  (byRow: boolean, outputTile?: 2 | 4): Make =>
  (o, tile): ConvolutionSpec | WinogradSpec => {
    const [size, inChannels, outChannels] = [9, 8, 3 * tile[1]];
    const order = byRow ? [0, 2, 1, 3] : [0, 1, 2, 3];
    const weights = { groups: 1, inChannels, outChannels, kernel: [3, 3] as const };
    const common = {
      ...({ batch: 1, inputSize: [size, size], outputSize: [size, size], outside: 0, tile } as const),
      ...weights,
      window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] } as const,
      input: { expression: IDENTITY, reads: [o.tensor([1, size, size, inChannels], [0, 1, 2, 3])] },
      epilogue: { expression: IDENTITY, reads: [], writes: [o.tensor([1, size, size, outChannels], order)] },
    };
    const length = outputTile
      ? packedWinogradLength({ inChannels, outChannels, outputTile }, tile[1])
      : packedConvolutionLength(weights, tile[1]);
    const packed = o.buffer('weights', length);
    return outputTile
      ? { ...common, kind: 'winograd', outputTile, weights: packed }
      : { ...common, kind: 'convolution', weights: packed };
  };

const CASES: readonly (readonly [string, Make])[] = [
  ['rows that leave a rest', product(49, 3)],
  ['whole tiles', product(48, 3)],
  ['pixels', image(false)],
  ['rows of pixels', image(true)],
  ['F(2 × 2)', image(false, 2)],
  ['F(4 × 4)', image(false, 4)],
];

/** Runs a kernel whose weights are the last bytes of memory; its text. */
function runAtTheEnd(make: Make, simd: SimdClass): string {
  const o = new RandomOperands(1);
  const columns = { rows: 64, columns: 64, terms: 8 };
  const spec = make(o, tileFor(simd, columns));
  const target = { simd, fma: true, threads: 1 };
  const { scratchShared, scratchPerWorker } = kernelNeeds(spec, simd, 1);
  const starts: number[] = [];
  let arenaBytes = 0;
  for (const bytes of [...o.arena.map(data => data.byteLength), scratchShared + scratchPerWorker]) {
    starts.push(arenaBytes);
    arenaBytes += Math.ceil(bytes / 64) * 64;
  }
  const weightBytes = o.weights[0]?.byteLength ?? 0;
  const pages = Math.ceil((arenaBytes + weightBytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharesMemory(target) });
  const scratch = { space: 'arena', id: o.arena.length } as const;
  const place = (space: string, id: number) => (space === 'arena' ? (starts[id] ?? Number.NaN) : 0);
  const { bytes, phases } = emitModule(
    [{ name: 'kernel', spec, scratch }],
    ({ space, id }) => place(space, id),
    target,
  );
  const base = (value: number) => new WebAssembly.Global({ value: 'i32' }, value);
  const env = { memory, arena: base(0), weights: base(pages * PAGE - weightBytes) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
  for (const { function: name, units } of phases.flat()) {
    const call = exports[name];
    if (typeof call !== 'function') throw new Error(`no function ${name}`);
    call(0, units, 0);
  }
  return disassemble(bytes);
}

describe.each(SIMD_CLASSES)('weights read ahead, %s', simd => {
  test.each(CASES)('%s: something is, and nothing behind the last', (_, make) => {
    expect(runAtTheEnd(make, simd)).toMatch(READS_BYTE);
  });

  test('not where each panel is used once, or there is only one', () => {
    expect(runAtTheEnd(product(1, 3), simd)).not.toMatch(READS_BYTE);
    expect(runAtTheEnd(product(49, 1), simd)).not.toMatch(READS_BYTE);
  });
});
