// Direct convolution: for every output pixel and channel a sum over window and input channels, no im2col. The input
// is read where it lies if it is channels-last, plain and unpadded; otherwise strips of it are packed first.

import type { Access, Prologue } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { ConvolutionSpec, Window } from '../../../select/spec/window.ts';
import type { KernelContext, Template } from '../../context.ts';
import { plainRead } from '../../expression/hook.ts';
import { moment, type Pace, type Traversal, wholeBox, within } from '../../traversal.ts';
import { tileCount } from '../pack/pack.ts';
import { emitPackPanels, type PanelSource } from '../pack/panels.ts';
import { planesOf, readsBeyondPlanes, withPlane } from '../strip/planes.ts';
import { stripLineBytes, stripPixelBytes, stripRowBytes, stripWidth } from '../strip/strip.ts';
import { pushSharedScratch, wholeLines } from '../work/scratch.ts';
import { emitProduct } from './emit.ts';
import { type Left, type Product, panelBytes, productNeeds } from './product.ts';
import { type Depth, mergeDepth } from './tile.ts';
import { productTraversal } from './traversal.ts';

/** Input rows or columns that `count` outputs need along axis 0 or 1. */
export function inputExtent(window: Window, axis: 0 | 1, count: number): number {
  return (count - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1;
}

/** Whether some output reads beyond the input's borders. */
export function readsPadding(
  window: Window,
  inputSize: readonly [number, number],
  outputSize: readonly [number, number],
): boolean {
  return (
    readsBeyondPlanes(window) ||
    ([0, 1] as const).some(
      axis =>
        window.pads[axis] > 0 ||
        inputExtent(window, axis, outputSize[axis]) - window.pads[axis] > inputSize[axis],
    )
  );
}

/** (n, plane, y, x, channel) → (n, plane, group, y, x, channel of the group); images have one plane */
function grouped(window: Window, access: Access, channels: number): Access {
  const [n = 0, plane = 0, y = 0, x = 0, channel = 0] = withPlane(window, access).strides;
  return { ...access, strides: [n, plane, channels * channel, y, x, channel] };
}

interface LeftPart {
  readonly left: Left;
  readonly rowBytes: number;
  readonly rowStride: number;
  readonly pixelStride: number;
  readonly depth: Depth;
}

/** The loops over a window and the words of each pixel; strides in bytes. */
function depthOf(
  window: Window,
  words: number,
  strides: Readonly<Record<'plane' | 'row' | 'pixel', number>>,
): Depth {
  return mergeDepth([
    { count: planesOf(window).kernel, stride: strides.plane },
    { count: window.kernel[0], stride: window.dilation[0] * strides.row },
    { count: window.kernel[1], stride: window.dilation[1] * strides.pixel },
    { count: words, stride: 4 },
  ]);
}

/** The input read where it lies, or undefined where that cannot be. */
function inPlace(spec: ConvolutionSpec): LeftPart | undefined {
  const { window, inChannels } = spec;
  const access = spec.integers ? undefined : plainRead(spec.input);
  if (access?.dtype !== 'float32' || readsPadding(window, spec.inputSize, spec.outputSize)) return undefined;
  const planes = planesOf(window);
  const [n = 0, plane = 0, y = 0, x = 0, channel = 0] = withPlane(window, access).strides;
  if ((channel !== 1 && inChannels > 1) || plane < 0 || y < 0 || x < 0) return undefined;
  const offset = access.offset - window.pads[0] * y - window.pads[1] * x;
  const strides = [n, planes.stride * plane, inChannels * channel, window.stride[0] * y];
  const under = spec.outputSize[1] * inputExtent(window, 1, 1);
  return {
    left: { kind: 'memory', access: { ...access, offset, strides } },
    rowBytes: planes.kernel * Math.min(spec.inputSize[1], under) * inChannels * 4,
    rowStride: window.stride[0] * y * 4,
    pixelStride: window.stride[1] * x * 4,
    depth: depthOf(window, inChannels, { plane: planes.dilation * plane * 4, row: y * 4, pixel: x * 4 }),
  };
}

function packed(spec: ConvolutionSpec): LeftPart {
  const { window, inChannels } = spec;
  const input: Prologue = {
    ...spec.input,
    reads: spec.input.reads.map(access => grouped(window, access, inChannels)),
  };
  const strip = {
    input,
    size: spec.inputSize,
    channels: inChannels,
    width: stripWidth(
      inputExtent(window, 1, spec.outputSize[1]),
      window.pads[1],
      spec.inputSize[1],
      spec.outside,
    ),
    left: window.pads[1],
    outside: spec.outside,
    planes: window.planes,
    pairs: spec.integers,
  };
  const pixelBytes = stripPixelBytes(strip);
  const rowBytes = stripRowBytes(strip);
  return {
    left: { kind: 'strip', strip, top: window.pads[0] },
    rowBytes,
    rowStride: window.stride[0] * rowBytes,
    pixelStride: window.stride[1] * pixelBytes,
    depth: depthOf(window, pixelBytes / 4, {
      plane: stripLineBytes(strip),
      row: rowBytes,
      pixel: pixelBytes,
    }),
  };
}

/** Pushes where the panels lie: in shared scratch when they are packed before each run. */
function pushWeights(k: KernelContext, { weights }: ConvolutionSpec): void {
  if ('computed' in weights) pushSharedScratch(k);
  else k.address(weights);
}

/** Weights computed by the model as a right operand to pack; undefined for constants. */
function computedPanels({ weights, groups, window, ...spec }: ConvolutionSpec): PanelSource | undefined {
  if (!('computed' in weights)) return undefined;
  const type = { kind: 'input', index: 0, type: 'f32' } as const;
  return {
    input: { expression: { nodes: [type], results: [0] }, reads: [weights.computed] },
    batch: [groups],
    terms: [planesOf(window).kernel, ...window.kernel, spec.inChannels],
    n: spec.outChannels,
    columns: spec.tile[1],
  };
}

function needsOf(spec: ConvolutionSpec, threads: number): KernelNeeds {
  const product = convolutionProduct(spec);
  const needs = productNeeds(product, threads);
  if (!('computed' in spec.weights)) return needs;
  const panels = spec.groups * tileCount(spec.outChannels, spec.tile[1]);
  const bytes = panels * panelBytes(product.depth, spec.tile[1]);
  return { ...needs, scratchShared: wholeLines(bytes), phases: [panels, needs.units] };
}

/** Weights that are packed first are not read afterwards. */
function* traverse(spec: ConvolutionSpec, threads: number, pace: Pace): Traversal {
  const panels = computedPanels(spec);
  if (panels) {
    const weights = within(panels.input.reads, wholeBox([...panels.batch, ...panels.terms, panels.n]));
    yield moment(weights, [], needsOf(spec, threads).phases[0]);
  }
  yield* productTraversal(convolutionProduct(spec), threads, pace);
}

/** The product that the kernel computes in its last phase. */
export function convolutionProduct(spec: ConvolutionSpec): Product {
  const { window, outChannels, tile, bias } = spec;
  const left = inPlace(spec) ?? packed(spec);
  const blocks = tileCount(outChannels, tile[1]);
  const regroup = (access: Access): Access => grouped(window, access, outChannels);
  return {
    ...left,
    outer: [spec.batch, planesOf(window).outputSize, spec.groups],
    rows: spec.outputSize[0],
    width: spec.outputSize[1],
    unitRows: spec.unitRows,
    columns: outChannels,
    tile,
    rowStep: window.stride[0],
    rowSpan: inputExtent(window, 0, 1),
    lean: spec.lean ?? false,
    order: spec.order,
    pairs: spec.integers,
    right: {
      address: k => pushWeights(k, spec),
      outerStrides: [0, 0, blocks * panelBytes(left.depth, tile[1])],
    },
    ...(bias && { bias: { address: k => k.address(bias), outerStrides: [0, 0, blocks * tile[1] * 4] } }),
    epilogue: {
      ...spec.epilogue,
      reads: spec.epilogue.reads.map(regroup),
      writes: spec.epilogue.writes.map(regroup),
    },
  };
}

export const convolution: Template<ConvolutionSpec> = {
  needs: (spec, _simd, threads) => needsOf(spec, threads),
  traverse: (spec, _simd, threads, pace) => traverse(spec, threads, pace),
  emit: (k, spec, phase, needs) => {
    const panels = computedPanels(spec);
    if (panels && phase === 0) emitPackPanels(k, panels);
    else emitProduct(k, convolutionProduct(spec), needs);
  },
};
