// Transposed convolution as one plain convolution per phase of the stride: output pixels whose coordinates have the
// same remainder see the same taps of the kernel, so each phase is a convolution of stride 1 with every s-th tap,
// its results written s pixels apart. No zeros are inserted and nothing is scattered. What no tap reaches, where the
// kernel is smaller than the stride or dilations share a factor with it, is the bias. Results of few channels leave
// lanes empty: then the phases of a row are one convolution, whose channels are s neighbouring pixels.

import type { Expression, Group } from '../../fusion/types.ts';
import { commonFactor } from '../../ir/common-factor.ts';
import { partsOf } from '../../ir/constants/float-parts.ts';
import { valueOf } from '../../ir/graph.ts';
import { transposedWindow } from '../../ir/ops/layers/window.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { LANES } from '../../options.ts';
import { accessAlong, accessOf } from '../access.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import { packedBias, packedSegment } from '../packed-weights.ts';
import type { Access, BufferRef, Epilogue } from '../spec/access.ts';
import type { ElementwiseSpec } from '../spec/elementwise.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import type { ComputedWeights, ConvolutionSpec, Window } from '../spec/window.ts';
import { type Pair, pixelAxes, type Triple, tripleOf, windowFrom } from '../window.ts';
import { type ConvolutionShapes, convolutionTile, shapesOf, tapsOf } from './convolution.ts';

/** One remainder of the output coordinate along one axis. */
interface Phase {
  readonly remainder: number;
  /** outputs from one of the phase to the next, and how many it has */
  readonly every: number;
  readonly outputs: number;
  /** taps of the kernel in the order of ascending input coordinates; none where only zeros meet them */
  readonly taps: readonly number[];
  /** inputs from one tap's to the next one's */
  readonly dilation: number;
  /** inputs before the first, missing ones (padding) or, negative, skipped ones */
  readonly pad: number;
}

/** What the plane has along one axis. */
interface Extent {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
  /** zeros that a fused Pad puts before the first input */
  readonly before: number;
  readonly output: number;
}

/**
 * Input i and tap k meet in output i·s − p + k·d. Output q·s + r therefore needs the taps k·d ≡ r + p (mod s), and tap
 * k there the input q + (r + p − k·d)/s. With g the greatest common factor of stride and dilation, these taps are s/g
 * apart and what they read is d/g apart; there are none where g does not divide r + p.
 */
function phasesOf({ kernel, stride, dilation, pad, before, output }: Extent): Phase[] {
  const phases: Phase[] = [];
  for (let remainder = 0; remainder < Math.min(stride, output); remainder++) {
    const taps: number[] = [];
    for (let k = 0; k < kernel; k++) if ((k * dilation - remainder - pad) % stride === 0) taps.unshift(k);
    phases.push({
      remainder,
      every: stride,
      outputs: Math.ceil((output - remainder) / stride),
      taps,
      dilation: dilation / commonFactor(dilation, stride),
      pad: ((taps[0] ?? 0) * dilation - remainder - pad) / stride + before,
    });
  }
  return phases;
}

/** All outputs along an axis, none of which any tap reaches. */
const unreached = (outputs: number): Phase => ({
  remainder: 0,
  every: 1,
  outputs,
  taps: [],
  dilation: 1,
  pad: 0,
});

/** The phases of one output pixel along planes, rows and columns. */
type Phases = readonly [plane: Phase, vertical: Phase, horizontal: Phase];

/** A kernel per phase, or per row of phases where they are computed beside one another. */
export function selectTransposed(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const shapes = shapesOf(context, group, node);
  const kernel = shapes.weight.slice(2);
  const { own, padding } = shapes.source;
  const { strides, dilations, padsBegin } = transposedWindow(node, own.slice(2), kernel);
  const [taps, stride, dilation] = [kernel, strides, dilations].map(list => tripleOf(list, 1));
  const pads = tripleOf(padsBegin, 0);
  const before = tripleOf(padding?.begin.slice(2) ?? [], 0);
  const output = tripleOf(shapes.output.slice(2), 1);
  if (!taps || !stride || !dilation) throw new Error(`${node.name}: no window`);
  const phases = (axis: 0 | 1 | 2): Phase[] =>
    phasesOf({
      kernel: taps[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      pad: pads[axis],
      before: before[axis],
      output: output[axis],
    });
  // What has no taps along one axis is not told apart along the axes behind it.
  const behind = (before: readonly Phase[], axis: 0 | 1 | 2): readonly Phase[] =>
    before.some(reached => reached.taps.length === 0) ? [unreached(output[axis])] : phases(axis);
  return phases(0).flatMap(plane =>
    behind([plane], 1).flatMap(vertical => {
      const across = behind([plane, vertical], 2);
      const joined = joinedSpec(context, group, shapes, [plane, vertical, across]);
      if (joined) return [joined];
      return across.map(horizontal => phaseSpec(context, group, shapes, [plane, vertical, horizontal]));
    }),
  );
}

/** Phases of one row of pixels, which one convolution computes side by side. */
type Beside = readonly [plane: Phase, vertical: Phase, horizontal: readonly Phase[]];

/** The window over all inputs that any of the phases sees; its taps only count. */
function besideWindow(phases: readonly Phase[]): Phase {
  const [first] = phases;
  if (!first) throw new Error('no phases');
  const pad = Math.max(...phases.map(phase => phase.pad));
  const end = Math.max(...phases.map(({ taps, pad: own }) => taps.length - own));
  return { ...first, pad, taps: new Array<number>(pad + end).fill(0) };
}

/** Undefined where the phases are as fast apart, or where not every pixel of a row has all of them. */
function joinedSpec(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  [plane, vertical, across]: Beside,
): ConvolutionSpec | undefined {
  const { w, groups, weight } = shapes;
  const alike = across.every(
    ({ taps, dilation, outputs }) => taps.length > 0 && dilation === 1 && outputs === across[0]?.outputs,
  );
  const reached = plane.taps.length > 0 && vertical.taps.length > 0;
  if (across.length < 2 || !alike || !reached || groups > 1 || !valueOf(context.graph, w).constant)
    return undefined;
  const channels = weight[1] ?? 1;
  const vectors = (columns: number): number => Math.ceil(columns / LANES[context.simd]);
  const apart = across.reduce((sum, { taps }) => sum + taps.length, 0) * vectors(channels);
  const together = besideWindow(across).taps.length * vectors(across.length * channels);
  const spec = together < apart && reachedSpec(context, group, shapes, [plane, vertical, across]);
  return spec || undefined;
}

/** The plain window of a phase, over the inputs that are left when those it skips are. */
function phaseWindow(phases: Phases, left: Triple, rank: number): Window {
  const sizes = phases.map(({ taps, dilation, pad, outputs }, axis) => ({
    kernel: taps.length,
    dilation,
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
  phases: Phases,
): KernelSpec {
  if (phases.some(({ taps }) => taps.length === 0)) return unreachedSpec(context, group, shapes, phases);
  const [plane, vertical, horizontal] = phases;
  return required(
    reachedSpec(context, group, shapes, [plane, vertical, [horizontal]]),
    `transposed convolution ${shapes.node.name}`,
  );
}

/** What happens to the results of a phase: at every n-th pixel. */
function phaseEpilogue(
  context: SelectContext,
  group: Group,
  { node, output }: ConvolutionShapes,
  [plane, vertical, horizontal]: Phases,
): Epilogue {
  const what = `transposed convolution ${node.name}`;
  const epilogue = required(epilogueOf(context, group, output, pixelAxes(output)), what);
  const remainders: Triple = [plane.remainder, vertical.remainder, horizontal.remainder];
  const strides: Triple = [plane.every, vertical.every, horizontal.every];
  const everyNth = (access: Access) => moved(access, remainders, strides);
  return { ...epilogue, reads: epilogue.reads.map(everyNth), writes: epilogue.writes.map(everyNth) };
}

/** The epilogue on the bias, or on zeros. */
function unreachedSpec(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  phases: Phases,
): ElementwiseSpec {
  const { node, bias, output } = shapes;
  const { expression, reads, writes } = phaseEpilogue(context, group, shapes, phases);
  const [batch = 1, channels = 1, ...spatial] = output;
  const outputs = phases.map(phase => phase.outputs).slice(3 - Math.max(2, spatial.length));
  const extents = [batch, ...outputs, channels];
  const what = `bias of ${node.name}`;
  const axes = pixelAxes(output);
  const biased =
    bias === undefined
      ? { expression: onZero(expression), reads }
      : {
          expression,
          reads: [required(accessOf(context.locator.of(bias), output, axes, { axis: 1 }), what), ...reads],
        };
  return { kind: 'elementwise', extents, body: { ...biased, writes } };
}

/** The expression with 0 for its first input, and the others in its place. */
const onZero = ({ nodes, results }: Expression): Expression => ({
  results,
  nodes: nodes.map(node => {
    if (node.kind !== 'input') return node;
    if (node.index > 0) return { ...node, index: node.index - 1 };
    return { kind: 'constant', value: 0, type: node.type };
  }),
});

/** The epilogue where channels are those of so many neighbouring pixels; undefined where they do not lie in a row. */
function besideEpilogue(
  epilogue: Epilogue,
  { output, node }: ConvolutionShapes,
  count: number,
): Epilogue | undefined {
  if (count === 1) return epilogue;
  const channels = output[1] ?? 1;
  const joined = (access: Access): Access | undefined => {
    const [across = 0, channel = 0] = access.strides.slice(-2);
    const step = channels === 1 ? across / count : channel;
    return step * channels * count === across
      ? { ...access, strides: access.strides.with(-1, step) }
      : undefined;
  };
  const [reads, writes] = [epilogue.reads, epilogue.writes].map(accesses => accesses.map(joined));
  const all = [...(reads ?? []), ...(writes ?? [])];
  if (all.includes(undefined)) return undefined;
  const found = (access: Access | undefined) => required(access, node.name);
  return { ...epilogue, reads: (reads ?? []).map(found), writes: (writes ?? []).map(found) };
}

/** Undefined where the phases cannot be computed beside one another. */
function reachedSpec(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  [plane, vertical, across]: Beside,
): ConvolutionSpec | undefined {
  const { node, x, w, bias, input, weight, groups } = shapes;
  const outChannels = (weight[1] ?? 1) * across.length;
  const inChannels = (weight[0] ?? 1) / groups;
  const horizontal = besideWindow(across);
  const phases: Phases = [plane, vertical, horizontal];
  const epilogue = besideEpilogue(phaseEpilogue(context, group, shapes, phases), shapes, across.length);
  if (!epilogue) return undefined;
  const skips = (phase: Phase): number => Math.max(0, -phase.pad);
  const skipped: Triple = [skips(plane), skips(vertical), skips(horizontal)];
  const [depth, height, width] = tripleOf(input.slice(2), 1);
  const left: Triple = [depth - skipped[0], height - skipped[1], width - skipped[2]];
  const window = phaseWindow(phases, left, weight.length - 2);
  const outputSize: Pair = [vertical.outputs, horizontal.outputs];
  const weights = { groups, inChannels, outChannels, kernel: tapsOf(window) };
  const tile = convolutionTile(context, weights, window, outputSize);
  const what = `transposed convolution ${node.name}`;
  const prologue = required(prologueOf(context, group, 0, x, pixelAxes(input)), what);
  const skip = (access: Access) => moved(access, skipped, [1, 1, 1]);
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
    outside: 0,
    weights: valueOf(context.graph, w).constant
      ? phaseWeights(context, shapes, [plane, vertical, across], tile[1])
      : computedPhase(context, shapes, [plane, vertical, across[0] ?? horizontal]),
    ...(bias !== undefined && { bias: besideBias(context, bias, shapes, across.length, tile[1]) }),
    epilogue,
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
  const located = locator.of(w);
  const [input = 0, output = 0, ...rest] = located.strides;
  const along = tripleOf(rest, 0);
  const start = phases.reduce((sum, { taps }, axis) => sum + (taps[0] ?? 0) * (along[axis] ?? 0), 0);
  const steps = phases.map(({ taps }, axis) => ((taps[1] ?? 0) - (taps[0] ?? 0)) * (along[axis] ?? 0));
  const perGroup = (weight[0] ?? 1) / groups;
  return { computed: accessAlong(located, [perGroup * input, ...steps, input, output], start) };
}

/** The bias, once for each of so many pixels beside one another. */
function besideBias(
  context: SelectContext,
  bias: ValueId,
  { weight, groups }: ConvolutionShapes,
  count: number,
  columns: number,
): BufferRef {
  const channels = weight[1] ?? 1;
  if (count === 1) return packedBias(context, bias, groups, channels, columns);
  const { packing } = context;
  const length = packing.packedBiasLength(1, count * channels, columns);
  return packedSegment(context, bias, `bias beside ${count} ${columns}`, length, (target, source) => {
    const given = source(0, channels);
    const repeated = Float32Array.from({ length: count * channels }, (_, i) => given[i % channels] ?? 0);
    packing.packBias(target, partsOf(repeated), 1, count * channels, columns);
  });
}

/** [in channel][out channel of the group][plane][row][column] → the phases' taps as plain weights, packed. */
function phaseWeights(
  context: SelectContext,
  { w, weight, groups }: ConvolutionShapes,
  [{ taps: planes }, { taps: rows }, beside]: Beside,
  columns: number,
) {
  const { packing } = context;
  const outChannels = weight[1] ?? 1;
  const inChannels = (weight[0] ?? 1) / groups;
  const [depth, height, width] = tripleOf(weight.slice(2), 1);
  const { pad, taps: all } = besideWindow(beside);
  // Per phase, its tap at every column of the window; none where it sees nothing.
  const across = beside.map(phase => all.map((_, column) => phase.taps[column - (pad - phase.pad)]));
  const kernel: Pair = [planes.length * rows.length, all.length];
  const shape = { groups, inChannels, outChannels: outChannels * beside.length, kernel };
  const how = `transposed ${groups} ${columns} ${[planes, rows, ...across].map(taps => taps.join('.')).join(' ')}`;
  const length = packing.packedConvolutionLength(shape, columns);
  return packedSegment(context, w, how, length, (target, source) => {
    const given = source(0, groups * outChannels * inChannels * depth * height * width);
    const plain = new Float32Array(groups * shape.outChannels * inChannels * kernel[0] * kernel[1]);
    let at = 0;
    for (let group = 0; group < groups; group++)
      for (const taps of across)
        for (let out = 0; out < outChannels; out++)
          for (let input = 0; input < inChannels; input++) {
            const from = ((group * inChannels + input) * outChannels + out) * depth * height * width;
            for (const plane of planes)
              for (const row of rows)
                for (const tap of taps)
                  plain[at++] =
                    tap === undefined ? 0 : (given[from + (plane * height + row) * width + tap] ?? 0);
          }
    packing.packConvolution(target, partsOf(plain), shape, columns);
  });
}
