// In which order a product goes through memory: strips of rows, each read again for every block of columns.
// Invariant: as emit.ts has it.

import type { Planes } from '../../../select/spec/window.ts';
import {
  type Box,
  combinations,
  moment,
  type Pace,
  type Touched,
  type Traversal,
  tellingRounds,
  touchedIn,
  wholeBox,
} from '../../traversal.ts';
import { planesUnder } from '../strip/planes.ts';
import { canFlatten, type Product, productPlan } from './product.ts';

/** Of the product's own phase. */
export function* productTraversal(product: Product, threads: number, pace: Pace): Traversal {
  const { rows, width, columns, epilogue, outer } = product;
  const { stripRows, blocks } = productPlan(product, threads);
  // With one block a strip is gone through once: tile by tile, each complete before any of it is written, where a row
  // is one pixel; otherwise row by row, unless tiles go over the ends of rows.
  const direct = pace === 'alone' && blocks === 1 && product.left.kind === 'memory';
  const once = direct && width === 1;
  const byRow = direct && (stripRows === 1 || product.tile[0] === width || !canFlatten(product));
  const step = once ? Math.min(stripRows, product.tile[0]) : byRow ? 1 : stripRows;
  const rounds = [...outer, Math.ceil(rows / step)];
  const extents = [...outer, rows, width, columns];
  const left = leftReads(product, rounds, pace);
  const read = touchedIn(extents, rounds, epilogue.reads, pace);
  const written = touchedIn(extents, rounds, epilogue.writes, pace);
  const { left: from } = product;
  const margin = from.kind === 'strip' ? Math.max(from.top, from.strip.planes?.front ?? 0) + 1 : 0;
  for (const indices of combinations(rounds.map(count => tellingRounds(count, margin, pace)))) {
    const image = indices.slice(0, -1).map(index => [index, index + 1] as const);
    const first = (indices.at(-1) ?? 0) * step;
    const last = Math.min(rows, first + step);
    const results: Box = [...image, [first, last], [0, width], [0, columns]];
    const operands = left(image, first, last);
    if (once) {
      yield moment(operands, []);
      yield moment(read(results), written(results));
    } else yield moment([...operands, ...read(results)], written(results), blocks);
  }
}

/** What rows [first, last) of the results need of the left operand. */
function leftReads(
  { left, rowStep, rowSpan, outer, rows }: Product,
  rounds: readonly number[],
  pace: Pace,
): (image: Box, first: number, last: number) => Touched {
  if (left.kind === 'memory') {
    const touched = touchedIn([...outer, rows], rounds, [left.access], pace);
    return (image, first, last) => touched([...image, [first, last]]);
  }
  const { input, size, channels, planes, outside } = left.strip;
  const volume = planes ? outer.with(1, planes.inputSize) : outer;
  const touched = touchedIn([...volume, ...size, channels], rounds, input.reads, pace);
  // What continues the input is looked for all over it.
  const everywhere = typeof outside !== 'number';
  return (image, first, last) => {
    const [top, bottom] = [first * rowStep - left.top, (last - 1) * rowStep - left.top + rowSpan];
    const under = everywhere
      ? ([0, size[0]] as const)
      : ([Math.max(0, top), Math.min(size[0], bottom)] as const);
    const [from, to] = image[1] ?? [0, 1];
    const planesRead = (all: Planes) =>
      everywhere ? ([0, all.inputSize] as const) : planesUnder({ planes: all }, from, to);
    const volumeBox = planes ? image.with(1, planesRead(planes)) : image;
    return touched([...volumeBox, under, ...wholeBox([size[1], channels])]);
  };
}
