// What the kernel specifications mean, written as plainly as possible: loops over every axis, double arithmetic,
// one element at a time. The tests run emitted kernels against this.

import { evaluate } from '../../../../engine/fusion/evaluate.ts';
import type { Outside } from '../../../../engine/fusion/types.ts';
import type { Access, BufferRef, Epilogue, Prologue } from '../../../../engine/select/spec/access.ts';
import type { MatmulSpec } from '../../../../engine/select/spec/product.ts';
import type {
  ConvolutionSpec,
  DepthwiseSpec,
  PoolSpec,
  ResizeSpec,
} from '../../../../engine/select/spec/window.ts';

export type WindowSpec = ConvolutionSpec | DepthwiseSpec | PoolSpec;
export type HeavySpec = WindowSpec | MatmulSpec | ResizeSpec;

/** Elements of a buffer as they are before the kernel runs. */
export type Read = (buffer: BufferRef) => ArrayLike<number>;
export type Write = (buffer: BufferRef, element: number, value: number) => void;

function elementOf(access: Access, at: readonly number[]): number {
  return at.reduce((sum, index, axis) => sum + index * (access.strides[axis] ?? 0), access.offset);
}

function fetch(prologue: Prologue, at: readonly number[], read: Read): number {
  const inputs = prologue.reads.map(access => read(access.buffer)[elementOf(access, at)] ?? Number.NaN);
  return evaluate(prologue.expression, inputs)[0] ?? Number.NaN;
}

function finish(epilogue: Epilogue, value: number, at: readonly number[], read: Read, write: Write): void {
  const inputs = epilogue.reads.map(access => read(access.buffer)[elementOf(access, at)] ?? Number.NaN);
  const results = evaluate(epilogue.expression, [value, ...inputs]);
  epilogue.writes.forEach((access, k) => {
    write(access.buffer, elementOf(access, at), results[k] ?? Number.NaN);
  });
}

/** Calls `visit` with every index of a box. */
function forEachIndex(extents: readonly number[], visit: (at: readonly number[]) => void): void {
  const at = extents.map(() => 0);
  const go = (axis: number): void => {
    const extent = extents[axis];
    if (extent === undefined) {
      visit(at);
      return;
    }
    for (let k = 0; k < extent; k++) {
      at[axis] = k;
      go(axis + 1);
    }
  };
  go(0);
}

/** What is read over an iteration space of these extents, every element computed once, by its index. */
function operand(
  prologue: Prologue,
  extents: readonly number[],
  read: Read,
): (at: readonly number[]) => number {
  const elements: number[] = [];
  forEachIndex(extents, at => elements.push(fetch(prologue, at, read)));
  return at => {
    let element = 0;
    for (let axis = 0; axis < extents.length; axis++)
      element = element * (extents[axis] ?? 1) + (at[axis] ?? 0);
    return elements[element] ?? Number.NaN;
  };
}

/** Where a position stands inside an axis that goes on as `outside` says; undefined where a number stands there. */
function inside(position: number, extent: number, outside: Outside | undefined): number | undefined {
  if (position >= 0 && position < extent) return position;
  switch (outside) {
    case 'edge':
      return Math.max(0, Math.min(position, extent - 1));
    case 'reflect':
      return position < 0 ? -position : 2 * (extent - 1) - position;
    case 'wrap':
      return (position + extent) % extent;
    default:
      return undefined;
  }
}

/** Positions of the input under the window at (y, x), those in the padding included as undefined. */
function taps(spec: WindowSpec, y: number, x: number): (readonly [number, number] | undefined)[] {
  const { kernel, stride, dilation, pads } = spec.window;
  const found: (readonly [number, number] | undefined)[] = [];
  for (let ky = 0; ky < kernel[0]; ky++)
    for (let kx = 0; kx < kernel[1]; kx++) {
      const iy = y * stride[0] - pads[0] + ky * dilation[0];
      const ix = x * stride[1] - pads[1] + kx * dilation[1];
      const row = inside(iy, spec.inputSize[0], spec.outside);
      const column = inside(ix, spec.inputSize[1], spec.outside);
      found.push(row === undefined || column === undefined ? undefined : [row, column]);
    }
  return found;
}

/** Term `input` of a column in a panel of pairs of 16-bit integers (codegen/kernels/pack/pairs.ts). */
function pairedWeight(
  words: ArrayLike<number>,
  panel: number,
  input: number,
  inChannels: number,
  column: number,
  columns: number,
): number | undefined {
  const pair = (panel * Math.ceil(inChannels / 2) + Math.floor(input / 2)) * columns + column;
  if (!(words instanceof Float32Array)) throw new Error('pairs of weights lie in words of float32');
  return new Int16Array(words.buffer, words.byteOffset, words.length * 2)[pair * 2 + (input % 2)];
}

function convolve(spec: ConvolutionSpec | DepthwiseSpec, read: Read, write: Write): void {
  const { batch, groups, inChannels, outChannels, outputSize } = spec;
  const columns = spec.tile[1];
  const tiles = Math.ceil(outChannels / columns);
  if ('computed' in spec.weights) throw new Error('weights are packed before this interpreter reads them');
  const weights = read(spec.weights);
  const bias = spec.bias && read(spec.bias);
  const inputAt = operand(spec.input, [batch, ...spec.inputSize, groups * inChannels], read);
  forEachIndex([batch, outputSize[0], outputSize[1], groups * outChannels], at => {
    const [n = 0, y = 0, x = 0, channel = 0] = at;
    const group = Math.floor(channel / outChannels);
    const inner = channel % outChannels;
    const tile = group * tiles + Math.floor(inner / columns);
    const biasAt = spec.kind === 'depthwise' ? channel : tile * columns + (inner % columns);
    let sum = bias ? (bias[biasAt] ?? Number.NaN) : 0;
    const positions = taps(spec, y, x);
    positions.forEach((position, tap) => {
      for (let input = 0; input < inChannels; input++) {
        const value = position ? inputAt([n, ...position, group * inChannels + input]) : Number(spec.outside);
        const weightAt =
          spec.kind === 'depthwise'
            ? tap * groups + channel
            : ((tile * positions.length + tap) * inChannels + input) * columns + (inner % columns);
        const weight = spec.integers
          ? pairedWeight(weights, tile * positions.length + tap, input, inChannels, inner % columns, columns)
          : weights[weightAt];
        sum += value * (weight ?? Number.NaN);
      }
    });
    finish(spec.epilogue, sum, at, read, write);
  });
}

function multiply(spec: MatmulSpec, read: Read, write: Write): void {
  const columns = spec.tile[1];
  const bias = spec.bias && read(spec.bias);
  const aAt = operand(spec.a, [...spec.batch, spec.m, spec.k], read);
  const bAt = 'packed' in spec.b ? undefined : operand(spec.b, [...spec.batch, spec.k, spec.n], read);
  forEachIndex([...spec.batch, spec.m, spec.n], at => {
    const batch = at.slice(0, -2);
    const [m = 0, n = 0] = at.slice(-2);
    let sum = bias ? (bias[n] ?? Number.NaN) : 0;
    for (let k = 0; k < spec.k; k++) {
      const b =
        'packed' in spec.b && spec.integers
          ? pairedWeight(read(spec.b.packed), Math.floor(n / columns), k, spec.k, n % columns, columns)
          : 'packed' in spec.b
            ? read(spec.b.packed)[(Math.floor(n / columns) * spec.k + k) * columns + (n % columns)]
            : bAt?.([...batch, k, n]);
      sum += aAt([...batch, m, k]) * (b ?? Number.NaN);
    }
    finish(spec.epilogue, sum, at, read, write);
  });
}

function pool(spec: PoolSpec, read: Read, write: Write): void {
  const inputAt = operand(spec.input, [spec.batch, ...spec.inputSize, spec.channels], read);
  forEachIndex([spec.batch, spec.outputSize[0], spec.outputSize[1], spec.channels], at => {
    const [n = 0, y = 0, x = 0, channel = 0] = at;
    const positions = taps(spec, y, x);
    const values = positions.flatMap(position =>
      position
        ? [inputAt([n, ...position, channel])]
        : spec.outside === undefined
          ? []
          : [Number(spec.outside)],
    );
    const divisor = spec.countPadding ? positions.length : values.length;
    const value = spec.mode === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / divisor;
    finish(spec.epilogue, value, at, read, write);
  });
}

function resize(spec: ResizeSpec, read: Read, write: Write): void {
  const inputAt = operand(spec.input, [spec.batch, ...spec.inputSize, spec.channels], read);
  forEachIndex([spec.batch, spec.outputSize[0], spec.outputSize[1], spec.channels], at => {
    const [n = 0, y = 0, x = 0, channel = 0] = at;
    const [row, column] = [spec.rows.entries[y], spec.columns.entries[x]];
    if (!row || !column) throw new Error('tables have an entry per coordinate');
    let sum = 0;
    for (const [i, down] of row.weights.entries())
      for (const [j, across] of column.weights.entries())
        sum += down * across * inputAt([n, row.first + i, column.first + j, channel]);
    finish(spec.epilogue, sum, at, read, write);
  });
}

export function interpret(spec: HeavySpec, read: Read, write: Write): void {
  if (spec.kind === 'matmul') multiply(spec, read, write);
  else if (spec.kind === 'pool') pool(spec, read, write);
  else if (spec.kind === 'resize') resize(spec, read, write);
  else convolve(spec, read, write);
}
