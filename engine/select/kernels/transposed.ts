// Transposed convolution as one plain convolution per phase of the stride: output pixels whose coordinates have the
// same remainder see the same taps of the kernel, so each phase is a convolution of stride 1 with every s-th tap,
// its results written s pixels apart. No zeros are inserted and nothing is scattered.

import type { Group } from '../../fusion/types.ts';
import { partsOf } from '../../ir/float-parts.ts';
import { valueOf } from '../../ir/graph.ts';
import { transposedWindow } from '../../ir/ops/window.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import { packedBias, packedSegment } from '../packing.ts';
import type { Access, ComputedWeights, ConvolutionSpec, KernelSpec, Window } from '../spec.ts';
import { type Pair, pixelAxes, type Triple, tripleOf, windowFrom } from '../window.ts';
import { type ConvolutionShapes, convolutionTile, shapesOf, tapsOf } from './convolution.ts';

/** One remainder of the output coordinate along one axis. */
interface Phase {
  readonly remainder: number;
  readonly outputs: number;
  /** taps of the kernel in the order of ascending input coordinates */
  readonly taps: readonly number[];
  /** inputs before the first, missing ones (padding) or, negative, skipped ones */
  readonly pad: number;
}

/** What the plane has along one axis. */
interface Extent {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
  readonly output: number;
}

/**
 * Input i and tap k meet in output i·s − p + k·d. Output q·s + r therefore needs the taps k·d ≡ r + p (mod s), and tap
 * k there the input q + (r + p − k·d)/s. Stride and dilation have no common factor: the taps are s apart, what they
 * read is d apart.
 */
function phasesOf({ kernel, stride, dilation, pad, output }: Extent): Phase[] {
  const phases: Phase[] = [];
  for (let remainder = 0; remainder < Math.min(stride, output); remainder++) {
    const taps: number[] = [];
    for (let k = 0; k < kernel; k++) if ((k * dilation - remainder - pad) % stride === 0) taps.unshift(k);
    phases.push({
      remainder,
      outputs: Math.ceil((output - remainder) / stride),
      taps,
      pad: ((taps[0] ?? 0) * dilation - remainder - pad) / stride,
    });
  }
  return phases;
}

/** The phases of one output pixel along planes, rows and columns. */
type Phases = readonly [plane: Phase, vertical: Phase, horizontal: Phase];

export function selectTransposed(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const shapes = shapesOf(context, group, node);
  const kernel = shapes.weight.slice(2);
  const { strides, dilations, padsBegin } = transposedWindow(node, shapes.input.slice(2), kernel);
  const [taps, stride, dilation] = [kernel, strides, dilations].map(list => tripleOf(list, 1));
  const pads = tripleOf(padsBegin, 0);
  const output = tripleOf(shapes.output.slice(2), 1);
  if (!taps || !stride || !dilation) throw new Error(`${node.name}: no window`);
  const phases = (axis: 0 | 1 | 2): Phase[] =>
    phasesOf({
      kernel: taps[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      pad: pads[axis],
      output: output[axis],
    });
  const steps = { stride, dilation };
  return phases(0).flatMap(plane =>
    phases(1).flatMap(vertical =>
      phases(2).map(horizontal => phaseSpec(context, group, shapes, steps, [plane, vertical, horizontal])),
    ),
  );
}

/** The plain window of a phase, over the inputs that are left when those it skips are. */
function phaseWindow(phases: Phases, dilation: Triple, left: Triple, rank: number): Window {
  const sizes = phases.map(({ taps, pad, outputs }, axis) => ({
    kernel: taps.length,
    dilation: dilation[axis] ?? 1,
    pad: Math.max(0, pad),
    input: left[axis] ?? 1,
    outputs,
  }));
  const own = sizes.slice(3 - rank);
  return windowFrom({
    kernel: own.map(size => size.kernel),
    strides: own.map(() => 1),
    dilations: own.map(size => size.dilation),
    padsBegin: own.map(size => size.pad),
    padsEnd: own.map(() => 0),
    input: own.map(size => size.input),
    output: own.map(size => size.outputs),
  });
}

function phaseSpec(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  { stride, dilation }: { readonly stride: Triple; readonly dilation: Triple },
  phases: Phases,
): ConvolutionSpec {
  const { node, x, w, bias, input, output, weight, groups } = shapes;
  const outChannels = weight[1] ?? 1;
  const inChannels = (weight[0] ?? 1) / groups;
  const [plane, vertical, horizontal] = phases;
  const skips = (phase: Phase): number => Math.max(0, -phase.pad);
  const skipped: Triple = [skips(plane), skips(vertical), skips(horizontal)];
  const [depth, height, width] = tripleOf(input.slice(2), 1);
  const left: Triple = [depth - skipped[0], height - skipped[1], width - skipped[2]];
  const window = phaseWindow(phases, dilation, left, weight.length - 2);
  const outputSize: Pair = [vertical.outputs, horizontal.outputs];
  const weights = { groups, inChannels, outChannels, kernel: tapsOf(window) };
  const tile = convolutionTile(context, weights, window, outputSize);
  const what = `transposed convolution ${node.name}`;
  const prologue = required(prologueOf(context, group, 0, x, pixelAxes(input)), what);
  const epilogue = required(epilogueOf(context, group, output, pixelAxes(output)), what);
  const skip = (access: Access) => moved(access, skipped, [1, 1, 1]);
  const remainders: Triple = [plane.remainder, vertical.remainder, horizontal.remainder];
  const everyNth = (access: Access) => moved(access, remainders, stride);
  return {
    kind: 'convolution',
    batch: input[0] ?? 1,
    inputSize: [left[1], left[2]],
    outputSize,
    window,
    groups,
    inChannels,
    outChannels,
    input: { ...prologue, reads: prologue.reads.map(skip) },
    padValue: 0,
    weights: valueOf(context.graph, w).constant
      ? phaseWeights(context, shapes, phases, tile[1])
      : computedPhase(context, shapes, phases),
    ...(bias !== undefined && { bias: packedBias(context, bias, groups, outChannels, tile[1]) }),
    epilogue: { ...epilogue, reads: epilogue.reads.map(everyNth), writes: epilogue.writes.map(everyNth) },
    tile,
  };
}

/** The access starting at another pixel and taking every n-th, along the spatial axes that it has. */
function moved(access: Access, start: Triple, every: Triple): Access {
  const spatial = access.strides.slice(1, -1);
  const skipped = 3 - spatial.length;
  const of = (triple: Triple, axis: number): number => triple[axis + skipped] ?? 0;
  return {
    ...access,
    offset: spatial.reduce((offset, stride, axis) => offset + of(start, axis) * stride, access.offset),
    strides: access.strides.map((stride, axis) =>
      axis === 0 || axis === access.strides.length - 1 ? stride : stride * of(every, axis - 1),
    ),
  };
}

/** Weights [in channel][out channel of the group][(plane)][(row)][column]: the phase's taps are equally far apart. */
function computedPhase(
  { locator }: SelectContext,
  { w, weight, groups }: ConvolutionShapes,
  phases: Phases,
): ComputedWeights {
  const { buffer, dtype, offset, strides } = locator.of(w);
  const [input = 0, output = 0, ...rest] = strides;
  const along = tripleOf(rest, 0);
  const first = phases.reduce((sum, { taps }, axis) => sum + (taps[0] ?? 0) * (along[axis] ?? 0), offset);
  const steps = phases.map(({ taps }, axis) => ((taps[1] ?? 0) - (taps[0] ?? 0)) * (along[axis] ?? 0));
  const perGroup = (weight[0] ?? 1) / groups;
  return { computed: { buffer, dtype, offset: first, strides: [perGroup * input, ...steps, input, output] } };
}

/** [in channel][out channel of the group][plane][row][column] → the phase's taps as plain weights, packed. */
function phaseWeights(
  context: SelectContext,
  { w, weight, groups }: ConvolutionShapes,
  phases: Phases,
  columns: number,
) {
  const { packing } = context;
  const outChannels = weight[1] ?? 1;
  const inChannels = (weight[0] ?? 1) / groups;
  const [depth, height, width] = tripleOf(weight.slice(2), 1);
  const [planes, rows, across] = phases.map(({ taps }) => taps);
  if (!planes || !rows || !across) throw new Error('a phase has taps along three axes');
  const kernel: Pair = [planes.length * rows.length, across.length];
  const shape = { groups, inChannels, outChannels, kernel };
  const how = `transposed ${groups} ${columns} ${phases.map(({ taps }) => taps.join('.')).join(' ')}`;
  const length = packing.packedConvolutionLength(shape, columns);
  return packedSegment(context, w, how, length, (target, source) => {
    const given = source(0, groups * outChannels * inChannels * depth * height * width);
    const plain = new Float32Array(groups * outChannels * inChannels * kernel[0] * kernel[1]);
    let at = 0;
    for (let group = 0; group < groups; group++)
      for (let out = 0; out < outChannels; out++)
        for (let input = 0; input < inChannels; input++) {
          const from = ((group * inChannels + input) * outChannels + out) * depth * height * width;
          for (const plane of planes)
            for (const row of rows)
              for (const column of across)
                plain[at++] = given[from + (plane * height + row) * width + column] ?? 0;
        }
    packing.packConvolution(target, partsOf(plain), shape, columns);
  });
}
