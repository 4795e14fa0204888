// Transposed convolution as one plain convolution per phase of the stride: output pixels whose coordinates have the
// same remainder see the same taps of the kernel, so each phase is a convolution of stride 1 with every s-th tap,
// its results written s pixels apart. No zeros are inserted and nothing is scattered.

import type { Group } from '../../fusion/types.ts';
import { intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { partsOf } from '../../ir/float-parts.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import { packedBias, packedSegment } from '../packing.ts';
import type { Access, ConvolutionSpec, KernelSpec, Window } from '../spec.ts';
import { type Pair, pairOf, pixelAxes, planeOf } from '../window.ts';
import { type ConvolutionShapes, convolutionTile, shapesOf } from './convolution.ts';

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

/** Elements cut off before the first output, per axis: explicit, or split by auto_pad as the output shape implies. */
/** `span`: of the kernel with what dilation leaves out. */
function padsOf(node: Node, input: Pair, output: Pair, span: Pair, stride: Pair): Pair {
  const automatic = stringAttribute(node, 'auto_pad', 'NOTSET');
  const total = (axis: 0 | 1) => Math.max(0, (input[axis] - 1) * stride[axis] + span[axis] - output[axis]);
  if (automatic === 'SAME_UPPER' || node.attributes.output_shape)
    return [Math.floor(total(0) / 2), Math.floor(total(1) / 2)];
  if (automatic === 'SAME_LOWER') return [Math.ceil(total(0) / 2), Math.ceil(total(1) / 2)];
  const pads = intsAttribute(node, 'pads') ?? [];
  return automatic === 'VALID' ? [0, 0] : pairOf(pads.slice(0, pads.length / 2), 0);
}

export function selectTransposed(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const shapes = shapesOf(context, group, node);
  const kernel = pairOf(shapes.weight.slice(2), 1);
  const stride = pairOf(intsAttribute(node, 'strides') ?? shapes.weight.slice(2).map(() => 1), 1);
  const dilation = pairOf(intsAttribute(node, 'dilations') ?? shapes.weight.slice(2).map(() => 1), 1);
  const [input, output] = [planeOf(shapes.input), planeOf(shapes.output)];
  const span: Pair = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
  const pads = padsOf(node, input, output, span, stride);
  const phases = (axis: 0 | 1): Phase[] =>
    phasesOf({
      kernel: kernel[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      pad: pads[axis],
      output: output[axis],
    });
  return phases(0).flatMap(vertical =>
    phases(1).map(horizontal =>
      phaseSpec(context, group, shapes, { stride, dilation }, vertical, horizontal),
    ),
  );
}

function phaseSpec(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  { stride, dilation }: { readonly stride: Pair; readonly dilation: Pair },
  vertical: Phase,
  horizontal: Phase,
): ConvolutionSpec {
  const { node, x, bias, input, output, weight, groups } = shapes;
  const outChannels = weight[1] ?? 1;
  const inChannels = (weight[0] ?? 1) / groups;
  const kernel: Pair = [vertical.taps.length, horizontal.taps.length];
  const window: Window = {
    kernel,
    stride: [1, 1],
    dilation,
    pads: [Math.max(0, vertical.pad), Math.max(0, horizontal.pad), 0, 0],
  };
  const outputSize: Pair = [vertical.outputs, horizontal.outputs];
  const weights = { groups, inChannels, outChannels, kernel };
  const tile = convolutionTile(context, weights, window, outputSize);
  const [height, width] = planeOf(input);
  const what = `transposed convolution ${node.name}`;
  const prologue = required(prologueOf(context, group, 0, x, pixelAxes(input)), what);
  const epilogue = required(epilogueOf(context, group, output, pixelAxes(output)), what);
  const skipped: Pair = [Math.max(0, -vertical.pad), Math.max(0, -horizontal.pad)];
  const skip = (access: Access) => moved(access, skipped, [1, 1]);
  const everyNth = (access: Access) => moved(access, [vertical.remainder, horizontal.remainder], stride);
  return {
    kind: 'convolution',
    batch: input[0] ?? 1,
    inputSize: [height - skipped[0], width - skipped[1]],
    outputSize,
    window,
    groups,
    inChannels,
    outChannels,
    input: { ...prologue, reads: prologue.reads.map(skip) },
    padValue: 0,
    weights: phaseWeights(context, shapes, vertical, horizontal, tile[1]),
    ...(bias !== undefined && { bias: packedBias(context, bias, groups, outChannels, tile[1]) }),
    epilogue: { ...epilogue, reads: epilogue.reads.map(everyNth), writes: epilogue.writes.map(everyNth) },
    tile,
  };
}

/** The access starting at another pixel and taking every n-th. */
function moved(access: Access, start: Pair, every: Pair): Access {
  const [n = 0, y = 0, x = 0, channel = 0] = access.strides;
  return {
    ...access,
    offset: access.offset + start[0] * y + start[1] * x,
    strides: [n, y * every[0], x * every[1], channel],
  };
}

/** [in channel][out channel of the group][row][column] → the phase's taps as a plain convolution's weights, packed. */
function phaseWeights(
  context: SelectContext,
  { w, weight, groups }: ConvolutionShapes,
  vertical: Phase,
  horizontal: Phase,
  columns: number,
) {
  const { packing } = context;
  const outChannels = weight[1] ?? 1;
  const inChannels = (weight[0] ?? 1) / groups;
  const [height, width] = pairOf(weight.slice(2), 1);
  const kernel: Pair = [vertical.taps.length, horizontal.taps.length];
  const shape = { groups, inChannels, outChannels, kernel };
  const how = `transposed ${groups} ${columns} ${vertical.taps.join('.')} ${horizontal.taps.join('.')}`;
  const length = packing.packedConvolutionLength(shape, columns);
  return packedSegment(context, w, how, length, (target, source) => {
    const given = source(0, groups * outChannels * inChannels * height * width);
    const plain = new Float32Array(groups * outChannels * inChannels * kernel[0] * kernel[1]);
    let at = 0;
    for (let group = 0; group < groups; group++)
      for (let out = 0; out < outChannels; out++)
        for (let input = 0; input < inChannels; input++) {
          const from = ((group * inChannels + input) * outChannels + out) * height * width;
          for (const row of vertical.taps)
            for (const column of horizontal.taps) plain[at++] = given[from + row * width + column] ?? 0;
        }
    packing.packConvolution(target, partsOf(plain), shape, columns);
  });
}
