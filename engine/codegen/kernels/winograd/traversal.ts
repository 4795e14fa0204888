// In which order a Winograd convolution goes through memory: strips of rows of tiles.
// Invariant: as winograd.ts has it.

import type { WinogradSpec } from '../../../select/spec/window.ts';
import {
  type Box,
  combinations,
  moment,
  type Pace,
  type Traversal,
  tellingRounds,
  touchedIn,
  wholeBox,
} from '../../traversal.ts';
import { winogradPlan } from './plan.ts';

/** Strips after one another; a strip is read again when its blocks are handed out one by one. */
export function* winogradTraversal(spec: WinogradSpec, threads: number, pace: Pace): Traversal {
  const { stripRows, strips, blocks } = winogradPlan(spec, threads);
  const { batch, inputSize, outputSize, outputTile, inChannels, outChannels, window } = spec;
  const rounds = [batch, strips];
  const read = touchedIn([batch, ...inputSize, inChannels], rounds, spec.input.reads, pace);
  const [others, written] = [spec.epilogue.reads, spec.epilogue.writes].map(accesses =>
    touchedIn([batch, ...outputSize, outChannels], rounds, accesses, pace),
  );
  for (const [image = 0, strip = 0] of combinations(rounds.map(count => tellingRounds(count, 1, pace)))) {
    const first = strip * stripRows * outputTile;
    const last = Math.min(outputSize[0], first + stripRows * outputTile);
    const top = first - window.pads[0];
    const under = [Math.max(0, top), Math.min(inputSize[0], last - window.pads[0] + 2)] as const;
    const box = (rows: Box, width: number, channels: number): Box => [
      [image, image + 1],
      ...rows,
      ...wholeBox([width, channels]),
    ];
    const results = box([[first, last]], outputSize[1], outChannels);
    // What continues the input is looked for all over it.
    const rows = typeof spec.outside === 'number' ? under : ([0, inputSize[0]] as const);
    const operands = [...read(box([rows], inputSize[1], inChannels)), ...(others?.(results) ?? [])];
    yield moment(operands, written?.(results) ?? [], blocks);
  }
}
