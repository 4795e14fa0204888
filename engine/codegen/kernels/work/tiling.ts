// How a kernel's output is cut into work units: strips of rows, whose input stays in the second-level cache, times
// blocks of columns, as wide as a register tile. Numbers only.

import { commonFactor } from '../../../ir/common-factor.ts';
import type { LoopOrder } from '../../../select/spec/product.ts';

/** Bytes of input one strip may take: half of a small second-level cache, weights need the rest. */
export const STRIP_BYTES = 256 * 1024;
/**
 * Every strip reads all weights again: a byte more of input for so many bytes of them, up to what most such caches hold.
 * Where one does not, reading input from beyond it takes less time than reading the weights more often.
 */
const STRIP_WEIGHTS = 4;
const MOST_STRIP_BYTES = 768 * 1024;
/** The same where memory is scarce, and so many bytes of weights may be read again for each byte of it. */
const LEAN_STRIP_BYTES = 3 * 1024;
export const LEAN_WEIGHTS = 8;
/** Reading an image again in order is prefetched, which weights read again for every few rows are less. */
const RESTREAM_GAIN = 1.5;
/** Units per worker that even out what is left over at the end. */
const UNITS_PER_WORKER = 4;

/** Pieces that each of so many units is to be cut into at least, so that several workers have enough to share. */
export const piecesOf = (units: number, threads: number): number =>
  threads > 1 ? Math.ceil((UNITS_PER_WORKER * threads) / units) : 1;

/** Lower strips read more rows twice: only where the largest share becomes smaller by more than that may cost. */
const EVENER = 0.97;

/** What the height of a strip depends on. */
export interface StripRequest {
  /** output rows of one image */
  readonly rows: number;
  /** output pixels of one row */
  readonly width: number;
  /** input rows from one output row to the next, but for those that nobody reads */
  readonly rowStep: number;
  /** input rows one output row needs */
  readonly rowSpan: number;
  /** bytes of one input row, but for pixels that nobody reads */
  readonly rowBytes: number;
  /** bytes of one output row */
  readonly outputRowBytes: number;
  /** whether the input is read where it lies, so that a strip may be of any size */
  readonly inPlace: boolean;
  /** pixels of a register tile */
  readonly tileRows: number;
  /** units that every strip gives: blocks of columns */
  readonly unitsPerStrip: number;
  /** bytes of weights that each strip reads */
  readonly weightBytes: number;
  /** images, groups */
  readonly outer: number;
  readonly threads: number;
  /** rows of a strip, where somebody else chose them */
  readonly unitRows?: number | undefined;
  /** strips as small as they can be */
  readonly lean?: boolean;
  /** strips that somebody measured to be fastest, where these are not lean */
  readonly order?: LoopOrder | undefined;
}

/**
 * Output rows of a strip: what the cache holds, fewer where workers would idle or would read what another one has
 * written, whole tiles where possible, and as many as give all workers about the same.
 */
export function stripRows(request: StripRequest): number {
  const { rows, unitsPerStrip, outer, threads, unitRows } = request;
  if (unitRows !== undefined) return unitRows;
  const wanted = Math.max(piecesOf(outer * unitsPerStrip, threads), rowsOfTheirOwn(request) ? threads : 1);
  const cached = rowsInOrder(request);
  const most = Math.max(1, Math.min(cached, Math.ceil(rows / wanted)));
  const even = Math.ceil(rows / Math.ceil(rows / most));
  if (even >= rows) return rows;
  const whole = wholeRows(request);
  const rounded = Math.ceil(even / whole) * whole;
  if (rounded <= most || (rounded <= cached && Math.ceil(rows / rounded) >= wanted))
    return evenRows(rounded, request);
  return evenRows(even > whole ? even - (even % whole) : even, request);
}

/** Rows that fill whole register tiles. */
const wholeRows = ({ tileRows, width }: StripRequest): number => tileRows / commonFactor(width, tileRows);

/**
 * Whether workers are to share rows, not columns: the next step finds rows that its worker has written in the cache of
 * its own core. Then every worker reads all weights, so only where they are less than what steps pass on.
 */
function rowsOfTheirOwn({
  rows,
  rowBytes,
  outputRowBytes,
  weightBytes,
  outer,
  threads,
}: StripRequest): boolean {
  return outer < threads && weightBytes > 0 && weightBytes <= rows * (rowBytes + outputRowBytes);
}

/** As many rows, or down to half of them where no worker has as much left to do at the end then. */
function evenRows(most: number, request: StripRequest): number {
  const { rows, unitsPerStrip, outer, threads, inPlace, tileRows } = request;
  if (threads === 1) return most;
  // Nothing is packed, no tile is cut, and no row read again: bands of single rows are the most even.
  if (inPlace && unitsPerStrip === 1 && tileRows === 1) return 1;
  const largestShare = (height: number): number => {
    const strips = Math.ceil(rows / height) * outer;
    // Two workers that share a strip which is packed first would both pack it.
    const units = inPlace || strips < threads ? unitsPerStrip : 1;
    return (Math.ceil((strips * units) / threads) * height) / units;
  };
  const step = most % wholeRows(request) === 0 ? wholeRows(request) : 1;
  let best = most;
  for (let height = most - step; height >= most / 2; height -= step) {
    if (largestShare(height) < EVENER * largestShare(best)) best = height;
  }
  return best;
}

/** Rows that follow one another with the same weights. */
function rowsInOrder(request: StripRequest): number {
  const { rows, lean, order } = request;
  switch (lean ? 'strips' : (order ?? modelledOrder(request))) {
    case 'columns':
      return rows;
    case 'strips':
      return cachedRows(request);
    case 'rows':
      return tileRowsOf(request);
  }
}

/**
 * The order that reads the least. Every strip reads all weights again, and without strips every block of columns
 * reads the image again: where rows are so long that the former is more, there is one strip.
 */
export function modelledOrder(request: StripRequest): LoopOrder {
  const { rows, rowStep, rowBytes, weightBytes, unitsPerStrip } = request;
  const cached = cachedRows(request);
  if (!request.inPlace || cached >= rows || weightBytes <= STRIP_BYTES) return 'strips';
  const imageBytes = rows * rowStep * rowBytes;
  const withStrips = Math.ceil(rows / cached) * weightBytes + imageBytes;
  const without = weightBytes + unitsPerStrip * imageBytes;
  return without < RESTREAM_GAIN * withStrips ? 'columns' : 'strips';
}

/** Rows that the cache holds, a whole tile at least. */
function cachedRows(request: StripRequest): number {
  const { rowStep, rowSpan, rowBytes, weightBytes, lean } = request;
  const stripBytes = lean
    ? Math.min(STRIP_BYTES, Math.max(LEAN_STRIP_BYTES, weightBytes / LEAN_WEIGHTS))
    : Math.max(STRIP_BYTES, Math.min(MOST_STRIP_BYTES, weightBytes / STRIP_WEIGHTS));
  const fitting = Math.floor((stripBytes / rowBytes - rowSpan) / rowStep) + 1;
  return Math.max(fitting, tileRowsOf(request));
}

/** Rows that fill one register tile. */
const tileRowsOf = ({ tileRows, width }: StripRequest): number => Math.ceil(tileRows / width);
