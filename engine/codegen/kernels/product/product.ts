// What convolution and matrix product have in common: rows × width output pixels, each with `columns` sums of
// products. Here the operands are described and cut into work units: strips of rows × blocks of columns, blocks
// innermost. Numbers only; emit.ts writes the code.

import { elementCount } from '../../../ir/tensor.ts';
import type { Access, Epilogue } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import { LOOP_ORDERS, type LoopOrder } from '../../../select/spec/product.ts';
import type { KernelContext } from '../../context.ts';
import { tileCount } from '../pack/pack.ts';
import type { BitPanel } from '../pack/unpack-bits.ts';
import type { Strip } from '../strip/strip.ts';
import { wholeLines, workerScratch } from '../work/scratch.ts';
import { modelledOrder, type StripRequest, stripRows } from '../work/tiling.ts';
import { DOT_BYTES, isDotTile } from './dot-tile.ts';
import type { Depth } from './tile.ts';

/** The left operand: read where it lies, or from a strip packed into scratch. */
export type Left =
  | {
      readonly kind: 'memory';
      /** iteration space: outer …, output row */
      readonly access: Access;
    }
  | {
      readonly kind: 'strip';
      readonly strip: Strip;
      /** input rows before the first output row's first */
      readonly top: number;
    };

/** A constant or packed operand: its address at outer index 0, block 0, and bytes from one to the next. */
export interface Panels {
  readonly address: (k: KernelContext) => void;
  readonly outerStrides: readonly number[];
}

export interface Product {
  /** extents of images, groups, batches */
  readonly outer: readonly number[];
  readonly rows: number;
  readonly width: number;
  /** rows of a strip, where they are not chosen here */
  readonly unitRows?: number | undefined;
  readonly columns: number;
  /** pixels × columns in registers */
  readonly tile: readonly [number, number];
  readonly left: Left;
  /** input rows from one output row to the next, and that one output row needs */
  readonly rowStep: number;
  readonly rowSpan: number;
  /** bytes of one input row that are read */
  readonly rowBytes: number;
  /** bytes of the left operand from one output row, one pixel, to the next */
  readonly rowStride: number;
  readonly pixelStride: number;
  readonly depth: Depth;
  readonly right: Panels;
  /** panels are in few bits, and made to floats in scratch */
  readonly unpack?: BitPanel;
  readonly bias?: Panels;
  /** words of both operands are pairs of 16-bit integers */
  readonly pairs?: boolean | undefined;
  /** iteration space: outer …, row, pixel, column */
  readonly epilogue: Epilogue;
  readonly lean: boolean;
  readonly order?: LoopOrder | undefined;
}

export interface ProductPlan {
  readonly stripRows: number;
  readonly strips: number;
  readonly blocks: number;
  readonly units: number;
  /** bytes of each worker's strip and of its tile, which lie in scratch before a panel made to floats */
  readonly stripBytes: number;
  readonly tileBytes: number;
  /** of all three */
  readonly scratchBytes: number;
}

/** Terms of one sum. */
export const termsOf = (depth: Depth): number => depth.reduce((product, level) => product * level.count, 1);

/** Bytes of one panel of the right operand, [terms][tile columns]. */
export const panelBytes = (depth: Depth, columns: number): number => termsOf(depth) * columns * 4;

/** What decides how a product is cut into strips. */
function stripRequest(product: Product, threads: number): StripRequest {
  const { rows, width, left, tile, rowStep, rowSpan, rowBytes, lean, order, unitRows } = product;
  const blocks = tileCount(product.columns, tile[1]);
  return {
    ...{ rows, width, rowSpan, rowBytes, lean, order, unitRows, threads },
    outputRowBytes: width * product.columns * 4,
    rowStep: Math.min(rowStep, rowSpan),
    inPlace: left.kind === 'memory',
    tileRows: tile[0],
    unitsPerStrip: blocks,
    weightBytes: blocks * panelBytes(product.depth, tile[1]),
    outer: elementCount(product.outer),
  };
}

/**
 * How a product is cut into strips and blocks for so many threads, and the bytes of scratch that each worker needs.
 */
export function productPlan(product: Product, threads: number): ProductPlan {
  const { rows, left, tile, rowStep, rowSpan, rowBytes } = product;
  const blocks = tileCount(product.columns, tile[1]);
  const outer = elementCount(product.outer);
  const perStrip = stripRows(stripRequest(product, threads));
  const strips = Math.ceil(rows / perStrip);
  const inputRows = (perStrip - 1) * rowStep + rowSpan;
  const strip = left.kind === 'strip' ? inputRows * rowBytes : 0;
  const stripBytes = wholeLines(strip);
  const tileBytes = tileBytesOf(product);
  const unpackedBytes = product.unpack ? panelBytes(product.depth, tile[1]) : 0;
  return {
    stripRows: perStrip,
    strips,
    blocks,
    units: outer * strips * blocks,
    stripBytes,
    tileBytes,
    scratchBytes: tileBytes + unpackedBytes > 0 ? stripBytes + tileBytes + unpackedBytes : strip,
  };
}

/**
 * Orders of the loops that differ, the one that the template chooses first: one or none where all are alike. Rows that
 * are packed first would all have to be kept for columns to come first.
 */
export function productOrders(product: Product): LoopOrder[] {
  const plain: Product = { ...product, order: undefined };
  if (plain.lean || plain.unitRows !== undefined || productPlan(plain, 1).blocks === 1) return [];
  const modelled = modelledOrder(stripRequest(plain, 1));
  const possible = LOOP_ORDERS.filter(order => order !== 'columns' || product.left.kind === 'memory');
  const byHeight = new Map<number, LoopOrder>();
  for (const order of [modelled, ...possible]) {
    const height = productPlan({ ...plain, order }, 1).stripRows;
    if (!byHeight.has(height)) byHeight.set(height, order);
  }
  return [...byHeight.values()];
}

/** Units and scratch of the product alone, as one phase. */
export function productNeeds(product: Product, threads: number): KernelNeeds {
  const { units, blocks, scratchBytes } = productPlan(product, threads);
  const grain = product.left.kind === 'strip' ? blocks : 1;
  return { units, grain, ...workerScratch(scratchBytes), scratchShared: 0, phases: [units] };
}

function tileBytesOf(product: Product): number {
  const [pixels, columns] = product.tile;
  if (isDotTile(columns, product.depth)) return wholeLines(pixels * DOT_BYTES);
  return needsTile(product) ? wholeLines(pixels * columns * 4) : 0;
}

/**
 * Whether the sums go through memory before the epilogue: V8 pairs nothing that does not end in pairs of whole
 * stores, so not where channels do not lie side by side, elements are narrow, or a vector is left without another.
 */
function needsTile({ outer, columns, tile, epilogue }: Product): boolean {
  const channel = outer.length + 2;
  const whole = ({ dtype, strides }: Access, least: number): boolean => {
    const stride = strides[channel] ?? 0;
    return (dtype === 'float32' || dtype === 'int32') && stride >= least && stride <= 1;
  };
  const paired =
    epilogue.reads.every(read => whole(read, 0)) && epilogue.writes.every(write => whole(write, 1));
  const odd = columns < tile[1] && Math.floor(columns / 4) % 2 === 1;
  return tile[1] % 4 === 0 && (odd || !paired);
}

/** elements of four bytes in a cache line */
const LINE = 16;

/**
 * Whether all results of a few pixels lie in one cache line and those of a few columns in many, so that they are
 * stored column by column. The lines of all columns of a tile may not fit the first-level cache: planes are often
 * powers of two apart, and then they all belong to one set.
 */
export function pixelsAreNearer({ outer, epilogue }: Pick<Product, 'outer' | 'epilogue'>): boolean {
  return epilogue.writes.every(({ strides }) => {
    const [pixel = 0, column = 0] = strides.slice(outer.length + 1);
    return pixel > 0 && pixel < LINE && pixel < column;
  });
}

/** Whether every operand of the epilogue goes on from one row's end to the next row's start. */
export function canFlatten({ outer, width, epilogue }: Product): boolean {
  const [row, pixel] = [outer.length, outer.length + 1];
  return [...epilogue.reads, ...epilogue.writes].every(
    ({ strides }) => width === 1 || strides[row] === width * (strides[pixel] ?? 0),
  );
}

/** With one pixel in a row, the next pixel is the next row's. */
export function columnOfRows(product: Product): Product {
  const row = product.outer.length;
  const { epilogue } = product;
  const turn = (access: Access): Access => ({
    ...access,
    strides: access.strides.map((stride, axis) => (axis === row + 1 ? (access.strides[row] ?? 0) : stride)),
  });
  return {
    ...product,
    pixelStride: product.rowStride,
    epilogue: { ...epilogue, reads: epilogue.reads.map(turn), writes: epilogue.writes.map(turn) },
  };
}
