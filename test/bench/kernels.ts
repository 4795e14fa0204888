// How fast are the heavy kernels on this machine, one thread? Prints GFLOP/s of layers from well-known models for every
// tile, per SIMD class, and each class's register-only multiply-add peak, of which percentages are shares.
//
//   node test/bench/kernels.ts             all classes, each in a process of its own
//   node test/bench/kernels.ts 256 conv    one class, layers whose name contains a text
//
// Best of repeated runs after tier-up. Only ratios within one run mean something on a busy machine.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import {
  packedBiasLength,
  packedConvolutionLength,
  packedDepthwiseLength,
  packedMatmulLength,
} from '../../engine/codegen/kernels/pack/pack.ts';
import { packedWinogradLength } from '../../engine/codegen/kernels/pack/winograd.ts';
import { measurePeak } from '../../engine/codegen/measure/peak.ts';
import type { Expression } from '../../engine/fusion/types.ts';
import { compileOptimised } from '../../engine/host/process/compile-ahead.ts';
import { LANES, SIMD_CLASSES, type SimdClass } from '../../engine/options.ts';
import type { MatmulSpec } from '../../engine/select/spec/product.ts';
import type {
  ConvolutionSpec,
  DepthwiseSpec,
  PoolSpec,
  Window,
  WinogradSpec,
} from '../../engine/select/spec/window.ts';
import type { HeavySpec } from '../engine/codegen/kernels/interpret.ts';
import { RandomOperands } from '../engine/codegen/kernels/random-operands.ts';
import { prepare } from '../engine/codegen/kernels/run-kernel.ts';

type Tile = readonly [number, number];
type Make = (operands: RandomOperands, tile: Tile) => HeavySpec | WinogradSpec;

interface Layer {
  readonly name: string;
  readonly flops: number;
  readonly make: Make;
  /** whether the kernel has register tiles to choose from */
  readonly tiled: boolean;
}

const IDENTITY: Expression = { nodes: [{ kind: 'input', index: 0, type: 'f32' }], results: [0] };
const RELU: Expression = {
  nodes: [
    { kind: 'input', index: 0, type: 'f32' },
    { kind: 'constant', value: 0, type: 'f32' },
    { kind: 'apply', op: 'max', args: [0, 1], type: 'f32' },
  ],
  results: [2],
};
const MEASURE_MS = 60;

/**
 * Tiles to compare. Accumulators, a row of weights and one broadcast value must fit V8's fifteen vector registers;
 * more spill and are half as fast, as do those of '256' where nothing is revectorized.
 */
const TILES: Readonly<Record<SimdClass, readonly Tile[]>> = {
  scalar: [
    [2, 4],
    [4, 2],
    [4, 4],
    [8, 1],
  ],
  '128': [
    [6, 8],
    [3, 12],
    [2, 16],
    [12, 4],
    [8, 1],
  ],
  '256': [
    [6, 16],
    [3, 24],
    [2, 32],
    [12, 8],
    [8, 8],
    [12, 1],
    [8, 1],
  ],
};

function tensor(o: RandomOperands, extents: readonly number[]): MatmulSpec['epilogue']['writes'][number] {
  const strides = extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));
  const length = (strides[0] ?? 1) * (extents[0] ?? 1);
  return { buffer: o.buffer('arena', length), dtype: 'float32', offset: 0, strides };
}

function square(kernel: number, stride: number): Window {
  const pad = Math.floor(kernel / 2);
  return {
    kernel: [kernel, kernel],
    stride: [stride, stride],
    dilation: [1, 1],
    pads: [pad, pad, pad, pad],
  };
}

/** Fields that all window kernels share: one square image, ReLU at the end. */
function common(o: RandomOperands, size: number, inputs: number, outputs: number, window: Window) {
  const out = Math.floor((size + 2 * window.pads[0] - window.kernel[0]) / window.stride[0]) + 1;
  return {
    batch: 1,
    inputSize: [size, size] as const,
    outputSize: [out, out] as const,
    window,
    outside: 0,
    input: { expression: IDENTITY, reads: [tensor(o, [1, size, size, inputs])] },
    epilogue: { expression: RELU, reads: [], writes: [tensor(o, [1, out, out, outputs])] },
  };
}

function convolution(
  size: number,
  inChannels: number,
  outChannels: number,
  kernel: number,
  stride = 1,
): Layer {
  const make = (o: RandomOperands, tile: Tile): ConvolutionSpec => {
    const window = square(kernel, stride);
    const weights = { groups: 1, inChannels, outChannels, kernel: window.kernel };
    return {
      kind: 'convolution',
      ...common(o, size, inChannels, outChannels, window),
      ...weights,
      weights: o.buffer('weights', packedConvolutionLength(weights, tile[1])),
      bias: o.buffer('weights', packedBiasLength(1, outChannels, tile[1])),
      tile,
    };
  };
  const pixels = Math.ceil(size / stride) ** 2;
  const name = `conv ${kernel}×${kernel}/${stride} ${size}² ${inChannels}→${outChannels}`;
  return { name, make, tiled: true, flops: 2 * pixels * outChannels * inChannels * kernel ** 2 };
}

/** The same by minimal filtering; GFLOP/s are of the multiplications that direct convolution would take. */
function winograd(size: number, inChannels: number, outChannels: number, outputTile: 2 | 4): Layer {
  const layer = convolution(size, inChannels, outChannels, 3);
  const make = (o: RandomOperands, tile: Tile): WinogradSpec => {
    const length = packedWinogradLength({ inChannels, outChannels, outputTile }, tile[1]);
    return {
      ...common(o, size, inChannels, outChannels, square(3, 1)),
      ...{ kind: 'winograd', outputTile, groups: 1, inChannels, outChannels, tile },
      weights: o.buffer('weights', length),
      bias: o.buffer('weights', packedBiasLength(1, outChannels, tile[1])),
    };
  };
  return { ...layer, make, name: `Winograd F(${outputTile}) ${size}² ${inChannels}→${outChannels}` };
}

function depthwise(size: number, channels: number, kernel: number, stride = 1): Layer {
  const make = (o: RandomOperands): DepthwiseSpec => {
    const window = square(kernel, stride);
    return {
      kind: 'depthwise',
      ...common(o, size, channels, channels, window),
      groups: channels,
      inChannels: 1,
      outChannels: 1,
      weights: o.buffer('weights', packedDepthwiseLength(channels, window.kernel)),
      bias: o.buffer('weights', channels),
      tile: [1, 1],
    };
  };
  const flops = 2 * Math.ceil(size / stride) ** 2 * channels * kernel ** 2;
  return { name: `depthwise ${kernel}×${kernel}/${stride} ${size}² ${channels}`, make, tiled: false, flops };
}

function pool(mode: PoolSpec['mode'], size: number, channels: number, kernel: number, stride: number): Layer {
  const make = (o: RandomOperands): PoolSpec => ({
    kind: 'pool',
    mode,
    countPadding: false,
    channels,
    ...common(o, size, channels, channels, square(kernel, stride)),
  });
  const flops = Math.ceil(size / stride) ** 2 * channels * kernel ** 2;
  return {
    name: `${mode} pool ${kernel}×${kernel}/${stride} ${size}² ${channels}`,
    make,
    tiled: false,
    flops,
  };
}

/** `right`: packed constant, or read at run time, its rows or its columns contiguous. */
function matmul(
  m: number,
  n: number,
  k: number,
  right: 'constant' | 'rows' | 'columns' = 'constant',
  batch = 1,
): Layer {
  const make = (o: RandomOperands, tile: Tile): MatmulSpec => {
    const b = (): MatmulSpec['b'] => {
      if (right === 'constant')
        return {
          packed: o.buffer('weights', packedMatmulLength({ k, n, strides: { k: n, n: 1 } }, tile[1])),
        };
      const read = tensor(o, [batch, k, n]);
      return {
        expression: IDENTITY,
        reads: [right === 'rows' ? read : { ...read, strides: [k * n, 1, k] }],
      };
    };
    return {
      kind: 'matmul',
      batch: batch > 1 ? [batch] : [],
      m,
      n,
      k,
      a: { expression: IDENTITY, reads: [tensor(o, batch > 1 ? [batch, m, k] : [m, k])] },
      b: b(),
      epilogue: { expression: IDENTITY, reads: [], writes: [tensor(o, batch > 1 ? [batch, m, n] : [m, n])] },
      tile,
    };
  };
  const name = `matmul ${batch > 1 ? `${batch}×` : ''}${m}×${k}·${k}×${n}${right === 'constant' ? '' : `, ${right}`}`;
  return { name, make, tiled: true, flops: 2 * batch * m * n * k };
}

const LAYERS: readonly Layer[] = [
  convolution(224, 3, 64, 7, 2),
  convolution(56, 64, 64, 3),
  convolution(56, 128, 128, 3, 2),
  convolution(28, 128, 128, 3),
  convolution(14, 256, 256, 3),
  convolution(7, 512, 512, 3),
  ...([2, 4] as const).flatMap(outputTile => [
    winograd(56, 64, 64, outputTile),
    winograd(28, 128, 128, outputTile),
    winograd(14, 256, 256, outputTile),
    winograd(7, 512, 512, outputTile),
  ]),
  convolution(56, 256, 512, 1, 2),
  convolution(56, 64, 1, 3),
  matmul(3136, 256, 64),
  matmul(196, 256, 1024),
  matmul(49, 2048, 512),
  matmul(12544, 24, 96),
  matmul(196, 88, 528),
  matmul(128, 1536, 384),
  matmul(1, 1000, 2048),
  matmul(128, 128, 32, 'columns', 12),
  matmul(128, 32, 128, 'rows', 12),
  depthwise(112, 32, 3),
  depthwise(112, 96, 3, 2),
  depthwise(56, 144, 3),
  depthwise(14, 672, 5),
  depthwise(14, 384, 7),
  pool('max', 112, 64, 3, 2),
  pool('average', 28, 192, 3, 1),
];

/** Shortest of repeated runs, ms. */
function shortest(run: () => void): number {
  for (let k = 0; k < 5; k++) run();
  let best = Number.POSITIVE_INFINITY;
  for (const start = performance.now(); performance.now() - start < MEASURE_MS; ) {
    const begin = performance.now();
    run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

function measure(layer: Layer, tile: Tile, simd: SimdClass): number {
  const operands = new RandomOperands(1);
  const spec = layer.make(operands, tile);
  const { run } = prepare(spec, operands.buffers, { simd, fma: true, threads: 1 });
  return layer.flops / shortest(run) / 1e6;
}

function printClass(simd: SimdClass, filter: string): void {
  if (simd === '256') setFlagsFromString('--experimental-wasm-revectorize');
  const best = measurePeak(simd, () => performance.now(), compileOptimised) / 1e9;
  console.log(`SIMD ${simd}: ${best.toFixed(0)} GFLOP/s in registers only`);
  for (const layer of LAYERS.filter(({ name }) => name.includes(filter))) {
    const whole = TILES[simd].filter(([, columns]) => columns % LANES[simd] === 0);
    const possible = layer.name.startsWith('Winograd') ? whole : TILES[simd];
    const tiles = layer.tiled ? possible : [[1, 1] as const];
    const cells = tiles.map(tile => {
      const speed = measure(layer, tile, simd);
      const label = layer.tiled ? `${tile.join('×')}: ` : '';
      return `${label}${speed.toFixed(0)} (${((100 * speed) / best).toFixed(0)} %)`.padEnd(20);
    });
    console.log(`  ${layer.name.padEnd(36)}${cells.join('')}`);
  }
}

const [chosen, filter = ''] = process.argv.slice(2);
const found = SIMD_CLASSES.find(simd => simd === chosen);
if (found) printClass(found, filter);
else
  for (const simd of SIMD_CLASSES)
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), simd, chosen ?? ''], { stdio: 'inherit' });
