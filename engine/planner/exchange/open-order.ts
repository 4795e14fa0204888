// Which orders of what lies above each other are still open, while it is decided step by step what must lie side by
// side (PQ-trees; Booth and Lueker, "Testing for the consecutive ones property", 1976). Every exchange takes pieces
// out that then must be neighbours, and puts others in their place. Trees are never changed, only made anew along the
// way to what changes. Invariant: the orders that a tree allows are exactly those in which all exchanges so far took
// out neighbours.

/** A number that says what lies there: the caller's. */
export type Piece = number;

export interface Leaf {
  readonly kind: 'leaf';
  readonly piece: Piece;
  readonly leaves: 1;
  /** equal for trees of the same orders */
  readonly hash: number;
  /** one for each piece below, shared by some: without a common one, sets have no piece in common */
  readonly bits: number;
  /** of its leaves, how many are to be taken out: scratch of the exchange at hand, of nothing below where it is 0 */
  marked: number;
}

/** Where an exchange was made, and whether its pieces lie in reverse there: turned with its surroundings. */
export interface Flag {
  readonly kind: 'flag';
  readonly exchange: number;
  readonly isReversed: boolean;
  readonly leaves: 0;
  readonly hash: 0;
  readonly bits: 0;
  marked: number;
}

/** Children in any order (free), or in this one or its reverse (fixed). */
export interface Group {
  readonly kind: 'free' | 'fixed';
  readonly children: readonly OrderTree[];
  readonly leaves: number;
  readonly hash: number;
  readonly bits: number;
  marked: number;
}

export type OrderTree = Leaf | Flag | Group;

/** What an exchange took out, from the bottom up, with the flags of earlier ones between. */
export type Taken = readonly (Leaf | Flag)[];

export interface Exchanged {
  readonly tree: OrderTree;
  readonly taken: Taken;
  /** natural logarithm of the share of the orders open before in which the pieces taken were neighbours */
  readonly chance: number;
}

/** A tree of pieces in any order: of one, that one. */
export function freeOrder(pieces: readonly Piece[], nameOf: (piece: Piece) => number): OrderTree {
  return grouped(
    pieces.map(
      (piece): Leaf => ({
        kind: 'leaf',
        piece,
        leaves: 1,
        hash: mixed(nameOf(piece)),
        bits: bitOf(piece),
        marked: 0,
      }),
    ),
  );
}

/**
 * The tree with other pieces (`put`) in the place of those taken, which are all neighbours then; undefined where no
 * open order has them side by side. `exchange` is the number that flags name it by.
 */
export function exchanged(
  tree: OrderTree,
  taken: readonly Piece[],
  put: OrderTree,
  exchange: number,
): Exchanged | undefined {
  const count = mark(tree, taken, bitsOf(taken));
  if (count === 0) return undefined;
  const flag: Flag = { kind: 'flag', exchange, isReversed: false, leaves: 0, hash: 0, bits: 0, marked: 0 };
  return replaced(tree, count, put, flag);
}

/** Its pieces in one of the orders it allows. */
export function pieces(tree: OrderTree): Taken {
  return frontier([tree]);
}

/** A set of pieces as runs that are neighbours in all orders; pieces that the tree doesn't have are alone. */
export function certainRuns(tree: OrderTree, set: readonly Piece[]): readonly (readonly Piece[])[] {
  mark(tree, set, bitsOf(set));
  const runs: Piece[][] = [];
  collectRuns(tree, runs);
  const known = new Set(runs.flat());
  for (const piece of set) if (!known.has(piece)) runs.push([piece]);
  return runs;
}

function collectRuns(node: OrderTree, runs: Piece[][]): void {
  if (isEmpty(node)) return;
  if (isFull(node)) {
    runs.push(piecesOf(node));
    return;
  }
  if (node.kind === 'leaf' || node.kind === 'flag') return;
  let run: Piece[] | undefined;
  for (const child of node.children) {
    if (child.kind === 'flag') continue;
    if (!isFull(child) || node.kind === 'free') {
      run = undefined;
      collectRuns(child, runs);
    } else if (run) run.push(...piecesOf(child));
    else {
      run = piecesOf(child);
      runs.push(run);
    }
  }
}

const piecesOf = (node: OrderTree): Piece[] =>
  frontier([node]).flatMap(entry => (entry.kind === 'leaf' ? [entry.piece] : []));

const bitOf = (piece: Piece): number => 1 << (piece & 31);

function bitsOf(set: readonly Piece[]): number {
  let bits = 0;
  for (const piece of set) bits |= bitOf(piece);
  return bits;
}

function mark(node: OrderTree, taken: readonly Piece[], bits: number): number {
  if ((node.bits & bits) === 0) node.marked = 0;
  else if (node.kind === 'leaf') node.marked = taken.includes(node.piece) ? 1 : 0;
  else if (node.kind !== 'flag') {
    node.marked = 0;
    for (const child of node.children) node.marked += mark(child, taken, bits);
  }
  return node.marked;
}

const isEmpty = (node: OrderTree): boolean => node.marked === 0;
const isFull = (node: OrderTree): boolean => node.marked > 0 && node.marked === node.leaves;
const isPartial = (node: OrderTree): boolean => node.marked > 0 && node.marked < node.leaves;

function grouped(children: readonly OrderTree[], kind: Group['kind'] = 'free'): OrderTree {
  const [only] = children;
  if (only && children.length === 1) return only;
  let [leaves, sum, up, down, bits] = [0, 1, 2, 2, 0];
  for (const child of children) {
    leaves += child.leaves;
    sum = (sum + child.hash) | 0;
    bits |= child.bits;
    if (child.kind !== 'flag') up = mixed(up ^ child.hash);
  }
  if (kind === 'fixed')
    for (const child of children.toReversed()) if (child.kind !== 'flag') down = mixed(down ^ child.hash);
  const hash = kind === 'free' ? mixed(sum) : mixed(up + down);
  return { kind, children, leaves, hash, bits, marked: 0 };
}

function mixed(value: number): number {
  let m = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  m = Math.imul(m ^ (m >>> 15), 0x846ca68b);
  return m ^ (m >>> 16);
}

/** The node, below which all marked leaves are, with others in their place. */
function replaced(node: OrderTree, count: number, put: OrderTree, flag: Flag): Exchanged | undefined {
  if (isFull(node)) return { tree: put, taken: frontier([node]), chance: 0 };
  if (node.kind === 'leaf' || node.kind === 'flag') return undefined;
  const at = node.children.findIndex(child => child.marked === count);
  const below = node.children[at];
  if (below) {
    const inner = replaced(below, count, put, flag);
    return inner && { ...inner, tree: grouped(node.children.with(at, inner.tree), node.kind) };
  }
  return node.kind === 'free' ? fromFree(node, put, flag) : fromFixed(node, put, flag);
}

function fromFree({ children }: Group, put: OrderTree, flag: Flag): Exchanged | undefined {
  const rest = children.filter(isEmpty);
  const full = children.filter(isFull);
  const [left, right, third] = children.filter(isPartial);
  if (third) return undefined;
  // Whatever lay there before is free to turn around by itself.
  const before = logFactorial(children.length);
  const chance = logFactorial(rest.length + 1) + logFactorial(full.length) - before;
  if (!left) return { tree: grouped([...rest, put]), taken: frontier(full), chance };
  const below = parted(left);
  const above = right ? parted(right) : NOTHING;
  if (!below || !above) return undefined;
  const taken = frontier([...below.taken, ...full, ...reversed(above.taken)]);
  const fixed = grouped([...below.rest, flag, put, ...reversed(above.rest)], 'fixed');
  return { tree: grouped([...rest, fixed]), taken, chance: chance + Math.LN2 + below.chance + above.chance };
}

function fromFixed({ children }: Group, put: OrderTree, flag: Flag): Exchanged | undefined {
  const first = children.findIndex(child => !isEmpty(child));
  const last = children.findLastIndex(child => !isEmpty(child));
  const below = partedOrFull(children[first]);
  const above = partedOrFull(children[last]);
  const between = children.slice(first + 1, last);
  if (!below || !above || !between.every(child => isFull(child) || child.kind === 'flag')) return undefined;
  const taken = frontier([...below.taken, ...between, ...reversed(above.taken)]);
  const rest = [
    ...children.slice(0, first),
    ...below.rest,
    flag,
    put,
    ...reversed(above.rest),
    ...children.slice(last + 1),
  ];
  return { tree: grouped(rest, 'fixed'), taken, chance: below.chance + above.chance };
}

/** A sequence that has what stays at one end and what is taken at the other: `rest`, then `taken`. */
interface Parted {
  readonly rest: readonly OrderTree[];
  readonly taken: readonly OrderTree[];
  readonly chance: number;
}

const NOTHING: Parted = { rest: [], taken: [], chance: 0 };

function partedOrFull(node: OrderTree | undefined): Parted | undefined {
  if (!node) return undefined;
  return isFull(node) ? { rest: [], taken: [node], chance: 0 } : parted(node);
}

/** A node of which some leaves are marked. */
function parted(node: OrderTree): Parted | undefined {
  if (node.kind === 'leaf' || node.kind === 'flag') return undefined;
  if (node.kind === 'fixed') return partedInOrder(node.children) ?? partedInOrder(reversed(node.children));
  const before = logFactorial(node.children.length);
  const [partial, second] = node.children.filter(isPartial);
  if (second) return undefined;
  const inner = partial ? parted(partial) : NOTHING;
  if (!inner) return undefined;
  const rest = node.children.filter(isEmpty);
  const full = node.children.filter(isFull);
  return {
    rest: rest.length > 0 ? [grouped(rest), ...inner.rest] : inner.rest,
    taken: full.length > 0 ? [...inner.taken, grouped(full)] : inner.taken,
    chance: inner.chance + logFactorial(rest.length) + logFactorial(full.length) - before,
  };
}

function partedInOrder(children: readonly OrderTree[]): Parted | undefined {
  const first = children.findIndex(child => !isEmpty(child));
  const border = children[first];
  const after = children.slice(first + 1);
  if (!border || !after.every(child => isFull(child) || child.kind === 'flag')) return undefined;
  const middle = partedOrFull(border);
  if (!middle) return undefined;
  return {
    rest: [...children.slice(0, first), ...middle.rest],
    taken: [...middle.taken, ...after],
    chance: middle.chance - Math.LN2,
  };
}

/** Groups turn around by themselves; what a flag says turns with those beside it. */
function reversed(nodes: readonly OrderTree[]): readonly OrderTree[] {
  return nodes
    .map(node => (node.kind === 'flag' ? { ...node, isReversed: !node.isReversed } : node))
    .reverse();
}

function frontier(nodes: readonly OrderTree[], found: (Leaf | Flag)[] = []): (Leaf | Flag)[] {
  for (const node of nodes) {
    if (node.kind === 'leaf' || node.kind === 'flag') found.push(node);
    else frontier(node.children, found);
  }
  return found;
}

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let k = logFactorials.length; k <= n; k++)
    logFactorials.push((logFactorials[k - 1] ?? 0) + Math.log(k));
  return logFactorials[n] ?? 0;
}
