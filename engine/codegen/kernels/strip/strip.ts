// What a strip of output rows reads, packed: some rows of an input, padded and with the expression applied,
// channels-last and without gaps in the worker's scratch. Kernels that cannot read their input where it lies read such
// a copy: rows that two strips read are packed twice, so no worker waits for another. Numbers only; emit.ts
// writes the code.

import type { Outside } from '../../../fusion/types.ts';
import type { Access, Prologue } from '../../../select/spec/access.ts';
import type { Planes } from '../../../select/spec/window.ts';

/** What is packed of an input; which rows of it is said when that happens. */
export interface Strip {
  /** iteration space: outer …, row, column, channel */
  readonly input: Prologue;
  /** rows and columns that exist */
  readonly size: readonly [number, number];
  readonly channels: number;
  /** columns of the strip, the first `left` of them before the input's first; see stripWidth */
  readonly width: number;
  readonly left: number;
  /** what a position outside reads as */
  readonly outside: Outside;
  /** a row of the strip is those of several planes, one behind the other; `outer` then says the output's plane second */
  readonly planes?: Planes | undefined;
  /** elements are integers of 16 bits, each pixel padded to whole words with whatever is there; otherwise floats */
  readonly pairs?: boolean | undefined;
  /** whether no row is asked for that the input has not */
  readonly rowsExist?: boolean;
}

/** (…, row, last) → (…, row, one pixel, last) */
export const withPixel = (access: Access): Access => ({
  ...access,
  strides: access.strides.toSpliced(-1, 0, 0),
});

/** Rows of a matrix (…, row, term) as pixels, one to a row, whose channels are the terms. */
export const matrixStrip = (input: Prologue, rows: number, terms: number): Strip => ({
  input: { ...input, reads: input.reads.map(withPixel) },
  size: [rows, 1],
  channels: terms,
  width: 1,
  left: 0,
  outside: 0,
});

/** Columns of a strip of which so many are needed: what continues the input copies any of its columns. */
export const stripWidth = (needed: number, left: number, inputWidth: number, outside: Outside): number =>
  typeof outside === 'number' ? needed : Math.max(needed, left + inputWidth);

/** Bytes of one element. */
export const elementBytes = ({ pairs }: Strip): number => (pairs ? 2 : 4);

/** Bytes of one pixel of a strip. */
export const stripPixelBytes = ({ channels, pairs }: Pick<Strip, 'channels' | 'pairs'>): number =>
  (pairs ? Math.ceil(channels / 2) : channels) * 4;

/** Bytes of one plane's part of a row of the strip. */
export const stripLineBytes = (strip: Strip): number => strip.width * stripPixelBytes(strip);

/** Bytes of one row of the strip. */
export const stripRowBytes = (strip: Strip): number => stripLineBytes(strip) * (strip.planes?.kernel ?? 1);
