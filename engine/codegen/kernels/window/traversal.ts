// In which order a sliding window goes through its input: rows, and in them tiles of pixels.
// Invariant: as emit.ts has it.

import {
  type Box,
  combinations,
  moment,
  type Pace,
  type Traversal,
  tellingRounds,
  touchedIn,
} from '../../traversal.ts';
import { inputExtent } from '../product/convolution.ts';
import { planesOf, planesUnder } from '../strip/planes.ts';
import { tileWidth, type WindowKernel, windowPlan } from './window.ts';

type Stretch = readonly [from: number, to: number];

/** Parts of an axis one after the other. Not a list: an extent may be any, and few of them tell all. */
interface Stretches {
  readonly count: number;
  readonly at: (index: number) => Stretch;
}

/** Moments of strips, or of rows and tiles where these follow one another in the input. */
export function* windowTraversal(
  kernel: WindowKernel,
  lanes: number,
  threads: number,
  pace: Pace,
): Traversal {
  const { batch, channels, window, inputSize, outputSize, input, epilogue } = kernel;
  const plan = windowPlan(kernel, lanes, threads);
  // A strip is packed as a whole, or read again for every block of channels.
  const inStrips = pace === 'units' || plan.source.strip !== undefined || plan.blocks > 1;
  const rows = stretches(outputSize[0], inStrips ? plan.stripRows : 1);
  const columns = stretches(outputSize[1], inStrips ? outputSize[1] : tileWidth(outputSize[1]));
  const volume = planesOf(window);
  // What continues the input is looked for all over it.
  const everywhere = typeof kernel.outside === 'string';
  const rounds = [batch, volume.outputSize, rows.count, columns.count];
  const read = touchedIn([batch, volume.inputSize, ...inputSize, channels], rounds, input.reads, pace);
  const [others, written] = [epilogue.reads, epilogue.writes].map(accesses =>
    touchedIn([batch, volume.outputSize, ...outputSize, channels], rounds, accesses, pace),
  );
  const telling = rounds.map((count, axis) => {
    if (axis < 2) return tellingRounds(count, axis && volume.kernel * volume.dilation, pace);
    const at = axis === 2 ? 0 : 1;
    return tellingRounds(count, Math.max(window.pads[at], window.pads[at + 2] ?? 0), pace);
  });
  for (const [image = 0, plane = 0, row = 0, column = 0] of combinations(telling)) {
    const results = [rows.at(row), columns.at(column)] as const;
    const under = results.map(
      ([from, to], axis): Stretch =>
        everywhere ? [0, inputSize[axis as 0 | 1]] : underWindow(kernel, axis as 0 | 1, from, to),
    );
    const box = (planes: Stretch, at: Box): Box => [[image, image + 1], planes, ...at, [0, channels]];
    const result = box([plane, plane + 1], results);
    const operands = [
      ...read(box(everywhere ? [0, volume.inputSize] : planesUnder(window, plane, plane + 1), under)),
      ...(others?.(result) ?? []),
    ];
    yield moment(operands, written?.(result) ?? [], plan.blocks);
  }
}

/** Inputs along an axis that results [from, to) look at. */
function underWindow({ window, inputSize }: WindowKernel, axis: 0 | 1, from: number, to: number): Stretch {
  const start = from * window.stride[axis] - window.pads[axis];
  return [Math.max(0, start), Math.min(inputSize[axis], start + inputExtent(window, axis, to - from))];
}

const stretches = (extent: number, step: number): Stretches => ({
  count: extent && Math.ceil(extent / step),
  at: index => [index * step, Math.min(extent, (index + 1) * step)],
});
