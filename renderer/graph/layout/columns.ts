// Layers that make a drawing far higher than wide are broken into columns, like lines of text: below the foot of one
// column its lines turn into the gutter, go up beside it, and come down again at the head of the next. Lines without a
// lane of their own in the layers they pass go along above all columns.

/** A layer, its vertices placed across. */
export interface LayerBox {
  readonly height: number;
  /** to the layer below */
  readonly gap: number;
  /** where its vertices begin and end */
  readonly left: number;
  readonly right: number;
  /** lines between it and the layer below */
  readonly crossing: number;
}

export interface Columns {
  readonly count: number;
  /** of each layer */
  readonly column: Int32Array;
  readonly top: Float64Array;
  /** of each layer, to be added to the x of its vertices */
  readonly shift: Float64Array;
  readonly width: number;
  readonly height: number;
  /** The turns of a line from one column to the next: its foot, its way up and its head. Lane 0 is the rightmost line. */
  readonly turnOf: (column: number, lane: number) => Turn;
  /** how a far edge passes columns, where it does; by the edge's index */
  readonly detourOf: (edge: number) => Detour | undefined;
}

/** An edge without a lane in the layers between its ends. */
export interface FarEdge {
  readonly edge: number;
  /** layers */
  readonly upper: number;
  readonly lower: number;
}

/** Up the gutter behind its own column, along above all columns, down the gutter before its target's. */
interface Detour {
  readonly leave: number;
  readonly along: number;
  readonly arrive: number;
}

interface Turn {
  readonly foot: number;
  readonly gutter: number;
  readonly head: number;
}

/** Drawings that are less high, or less long and thin, are easier to read in one piece. */
const LEAST_HEIGHT = 2400;
const LEAST_RATIO = 8;
/** Columns together are about this much wider than high. */
const ASPECT = 1.4;
/** So many columns more or fewer than were found to be right are tried too. */
const NEIGHBOURS = 3;
const MARGIN = 16;
const LANE = 6;
/** Far edges beyond this at one place share lanes: gutters would be wider than columns. */
const MOST_FAR_LANES = 8;
/** How much higher or lower than the others a column may be, for fewer lines to turn. */
const SLACK = 0.2;

/** One column unless `wrap` is set and the drawing would be far higher than wide. Lengths in px of the scene. */
export function columnsOf(layers: readonly LayerBox[], wrap: boolean, far: readonly FarEdge[] = []): Columns {
  const height = layers.reduce((sum, _, index) => sum + heightOf(layers, index) + gapBelow(layers, index), 0);
  const [left, right] = extentOf(layers);
  const width = right - left;
  const whole = placed(layers, [0], far);
  if (!wrap || height <= LEAST_HEIGHT || height <= LEAST_RATIO * width) return whole;
  const off = ({ width, height }: Columns): number => Math.abs(Math.log(width / height / ASPECT));
  const broken = (count: number): Columns => placed(layers, breaksOf(layers, height / count), far);
  // More columns are wider and less high, if not always by one.
  let [low, high] = [1, layers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { width, height } = broken(middle);
    if (width < ASPECT * height) low = middle + 1;
    else high = middle;
  }
  let best = whole;
  for (let count = Math.max(2, low - NEIGHBOURS); count <= low + NEIGHBOURS; count++) {
    const candidate = broken(count);
    if (off(candidate) < off(best)) best = candidate;
  }
  return best;
}

const heightOf = (layers: readonly LayerBox[], index: number): number => layers[index]?.height ?? 0;

/** The gap below the last layer is none. */
const gapBelow = (layers: readonly LayerBox[], index: number): number =>
  index + 1 < layers.length ? (layers[index]?.gap ?? 0) : 0;

function extentOf(layers: readonly LayerBox[]): readonly [left: number, right: number] {
  if (layers.length === 0) return [0, 0];
  return layers.reduce<readonly [number, number]>(
    ([left, right], layer) => [Math.min(left, layer.left), Math.max(right, layer.right)],
    [Infinity, -Infinity],
  );
}

/** First layers of columns of about this height, each beginning where few lines cross. */
function breaksOf(layers: readonly LayerBox[], target: number): number[] {
  const firsts = [0];
  let height = 0;
  let best: { readonly next: number; readonly crossing: number; readonly off: number } | undefined;
  for (let index = 0; index < layers.length; index++) {
    height += heightOf(layers, index);
    const off = Math.abs(height - target);
    const crossing = layers[index]?.crossing ?? 0;
    const near = height >= target * (1 - SLACK);
    if (near && (!best || crossing < best.crossing || (crossing === best.crossing && off < best.off)))
      best = { next: index + 1, crossing, off };
    height += gapBelow(layers, index);
    if (best && height > target * (1 + SLACK) && best.next < layers.length) {
      firsts.push(best.next);
      // The column after begins anew behind the break.
      index = best.next - 1;
      height = 0;
      best = undefined;
    }
  }
  return firsts;
}

function placed(layers: readonly LayerBox[], firsts: readonly number[], far: readonly FarEdge[]): Columns {
  const column = new Int32Array(layers.length);
  const top = new Float64Array(layers.length);
  const shift = new Float64Array(layers.length);
  const feet: number[] = [];
  const gutters: number[] = [];
  const lanes = firsts.slice(1).map(next => layers[next - 1]?.crossing ?? 0);
  for (const [position, first] of firsts.entries()) column.fill(position, first);
  const detours = farLanes(far, column);
  // Far edges lie outside the others in the gutters and above them at the head: their ways up cross none of them.
  const behindFar = MARGIN + LANE * detours.count;
  const head = firsts.length > 1 ? behindFar + MARGIN + LANE * Math.max(...lanes) : 0;
  let x = 0;
  firsts.forEach((first, position) => {
    const end = firsts[position + 1] ?? layers.length;
    const [left, right] = extentOf(layers.slice(first, end));
    let y = head;
    for (let index = first; index < end; index++) {
      top[index] = y;
      shift[index] = x - left;
      y += heightOf(layers, index) + (index + 1 < end ? gapBelow(layers, index) : 0);
    }
    feet.push(y);
    x += right - left;
    gutters.push(x);
    if (end < layers.length) x += behindFar + MARGIN + LANE * (lanes[position] ?? 0);
  });
  const turning = (position: number): number =>
    position < lanes.length ? 2 * MARGIN + LANE * (lanes[position] ?? 0) : 0;
  const farGutter = (position: number, lane: number): number =>
    (gutters[position] ?? 0) + MARGIN + LANE * lane;
  return {
    count: firsts.length,
    column,
    top,
    shift,
    width: x,
    height: feet.reduce((most, foot, position) => Math.max(most, foot + turning(position)), 0),
    turnOf: (position, lane) => ({
      foot: (feet[position] ?? 0) + MARGIN + LANE * lane,
      gutter: (gutters[position] ?? 0) + behindFar + LANE * lane,
      // Further right means lower here, so that no line crosses another one's way up.
      head: behindFar + LANE * lane,
    }),
    detourOf: edge => {
      const detour = detours.of.get(edge);
      if (!detour) return undefined;
      const { first, last, lane } = detour;
      return { leave: farGutter(first, lane), along: MARGIN + LANE * lane, arrive: farGutter(last, lane) };
    },
  };
}

/** Lanes for far edges by their gutters, `first` to `last`, the leftmost edge first: two at one gutter differ. */
function farLanes(far: readonly FarEdge[], column: Int32Array) {
  const gutterSpans = far
    .map(({ edge, upper, lower }) => ({ edge, first: column[upper] ?? 0, last: (column[lower] ?? 0) - 1 }))
    .filter(({ first, last }) => last >= first)
    .toSorted((a, b) => a.first - b.first);
  const ends: number[] = [];
  const of = new Map(
    gutterSpans.map(({ edge, first, last }) => {
      const free = ends.findIndex(end => end < first);
      const lane = free >= 0 ? free : ends.length;
      ends[lane] = last;
      return [edge, { first, last, lane: lane % MOST_FAR_LANES }] as const;
    }),
  );
  return { of, count: Math.min(ends.length, MOST_FAR_LANES) };
}
