// Kernels seen as makers of rows: which accesses go through images row by row, which input rows an output row needs,
// and how the same kernel is told to do so many rows in one work unit. What is not listed does not go row by row.

import type { Shape } from '../ir/types.ts';
import type { Access, Epilogue, Prologue } from './spec/access.ts';
import type { RowKernelSpec, RowsRead } from './spec/chain.ts';
import type { KernelSpec } from './spec/kernel.ts';
import type { MatmulSpec } from './spec/product.ts';
import type { ResizeSpec, Window } from './spec/window.ts';

/** Rows that a kernel reads of whatever makes them. */
export type RowMap = Omit<RowsRead, 'stage'>;

/** An access as it goes over images: strides along (image, row, column, channel). */
export type PixelStrides = readonly [image: number, row: number, column: number, channel: number];

/** Puts an access elsewhere, over the same iteration space. */
export type Move = (access: Access) => Access;

/** A kernel as a maker of rows. */
export interface RowKernel {
  readonly batch: number;
  /** output rows and columns */
  readonly size: readonly [number, number];
  readonly groups: number;
  /** rows of a work unit are a multiple of this */
  readonly leastRows: number;
  /** and no more than this */
  readonly mostRows?: number;
  /** of the anchor's input, and which of its rows output row y needs */
  readonly inputReads: readonly Access[];
  readonly inputRows: RowMap;
  /** of the epilogue: output row y reads row y */
  readonly outputReads: readonly Access[];
  readonly writes: readonly Access[];
  readonly pixelStrides: (access: Access) => PixelStrides;
  readonly fromPixels: (strides: PixelStrides) => readonly number[];
  /** the same kernel with its accesses moved, in work units of so many rows */
  readonly rebuilt: (move: Move, unitRows: number) => RowKernelSpec;
}

/** Output row y reads row y. */
export const SAME_ROW: RowMap = { multiplier: 1, shift: 0, divisor: 1, span: 1 };

/** `output`: the shape of what the kernel writes. Undefined where a kernel does not go from top to bottom. */
export function rowKernelOf(spec: KernelSpec, output: Shape): RowKernel | undefined {
  if ('window' in spec && spec.window.planes) return undefined;
  if ('weights' in spec && 'computed' in spec.weights) return undefined;
  // What continues the input may lie in rows that were given up, or are not there yet.
  if ('outside' in spec && typeof spec.outside === 'string') return undefined;
  switch (spec.kind) {
    case 'convolution':
    case 'depthwise':
    case 'winograd':
      return {
        ...imagesOf(spec, spec.input),
        groups: spec.kind === 'convolution' ? spec.groups : 1,
        leastRows: spec.kind === 'winograd' ? spec.outputTile : 1,
        inputRows: windowRows(spec.window),
        rebuilt: (move, unitRows) => ({ ...spec, ...moved(spec, move), unitRows }),
      };
    case 'pool':
      return {
        ...imagesOf(spec, spec.input),
        inputRows: windowRows(spec.window),
        rebuilt: (move, unitRows) => ({ ...spec, ...moved(spec, move), unitRows }),
      };
    case 'resize':
      return {
        ...imagesOf(spec, spec.input),
        mostRows: 1,
        inputRows: tableRows(spec),
        rebuilt: move => ({ ...spec, ...moved(spec, move) }),
      };
    case 'matmul':
      return productRows(spec, output);
    default:
      return undefined;
  }
}

function imagesOf(
  { batch, outputSize, epilogue }: Pick<ResizeSpec, 'batch' | 'outputSize' | 'epilogue'>,
  input: Prologue,
) {
  return {
    batch,
    size: outputSize,
    groups: 1,
    leastRows: 1,
    inputReads: input.reads,
    outputReads: epilogue.reads,
    writes: epilogue.writes,
    pixelStrides: ({ strides: [n = 0, y = 0, x = 0, c = 0] }: Access): PixelStrides => [n, y, x, c],
    fromPixels: (strides: PixelStrides) => strides,
  };
}

function moved(spec: { readonly input: Prologue; readonly epilogue: Epilogue }, move: Move) {
  return { input: movedReads(spec.input, move), epilogue: movedEpilogue(spec.epilogue, move) };
}

const movedReads = (prologue: Prologue, move: Move): Prologue => ({
  ...prologue,
  reads: prologue.reads.map(move),
});

const movedEpilogue = (epilogue: Epilogue, move: Move): Epilogue => ({
  ...epilogue,
  reads: epilogue.reads.map(move),
  writes: epilogue.writes.map(move),
});

/** Every pixel of an image times a packed matrix: a 1×1 convolution. */
function productRows(spec: MatmulSpec, output: Shape): RowKernel | undefined {
  const [images = 1, channels, height = 1, width = 1] = output;
  const batched = spec.batch.length === 1 && spec.batch[0] === images;
  const alone = spec.batch.length === 0 && images === 1;
  const whole = output.length === 4 && spec.m === height * width && spec.n === channels;
  if (!('packed' in spec.b) || !whole || !(batched || alone)) return undefined;
  return {
    batch: images,
    size: [height, width],
    groups: 1,
    leastRows: 1,
    inputReads: spec.a.reads,
    inputRows: SAME_ROW,
    outputReads: spec.epilogue.reads,
    writes: spec.epilogue.writes,
    pixelStrides: ({ strides }) => {
      const pixel = strides.at(-2) ?? 0;
      return [batched ? (strides[0] ?? 0) : 0, pixel * width, pixel, strides.at(-1) ?? 0];
    },
    fromPixels: ([image, row, column, channel]) => [
      ...(batched ? [image] : []),
      width === 1 ? row : column,
      channel,
    ],
    rebuilt: (move, unitRows) => ({
      ...spec,
      a: movedReads(spec.a, move),
      epilogue: movedEpilogue(spec.epilogue, move),
      unitRows: unitRows * width,
    }),
  };
}

const windowRows = ({ kernel, stride, dilation, pads }: Window): RowMap => ({
  multiplier: stride[0],
  shift: -pads[0],
  divisor: 1,
  span: (kernel[0] - 1) * dilation[0] + 1,
});

/** The tightest line under the first taps of a table, and what lies above it at most. */
function tableRows({ rows, inputSize, outputSize }: ResizeSpec): RowMap {
  const [multiplier, divisor] = [inputSize[0], outputSize[0]];
  const shift = Math.min(...rows.entries.map(({ first }, y) => first * divisor - multiplier * y));
  const start = (y: number): number => Math.floor((multiplier * y + shift) / divisor);
  const span = Math.max(...rows.entries.map(({ first }, y) => first + rows.span - start(y)));
  return { multiplier, shift, divisor, span };
}
