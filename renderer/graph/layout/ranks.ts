// Which layer each node goes to: the longest path from a source, without recursion, so that chains of any length work.

export type Pin = 'top' | 'bottom';

/** Node indices; `edges[k]` is [from, to]. */
export interface Digraph {
  readonly size: number;
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/**
 * Longest-path ranks, 0 at the top. A branch that starts by itself and has one reader moves down beside it.
 * In a cycle the node with the smallest index goes first; edges against the order may then point upwards.
 */
export function ranksOf({ size, edges }: Digraph, pins: readonly (Pin | undefined)[] = []): Int32Array {
  const { successors, incoming } = adjacency(size, edges);
  const order = topologicalOrder(successors, incoming);
  const rank = new Int32Array(size);
  // Whether all that leads to a node leads nowhere else, so that it can move down together.
  const free = new Uint8Array(size).fill(1);
  const placed = new Uint8Array(size);
  for (const node of order) {
    placed[node] = 1;
    const readers = successors[node] ?? [];
    for (const next of readers) {
      if (placed[next]) continue;
      rank[next] = Math.max(rank[next] ?? 0, (rank[node] ?? 0) + 1);
      if (readers.length > 1 || !free[node]) free[next] = 0;
    }
  }
  for (const node of order.toReversed()) {
    const readers = successors[node] ?? [];
    if (!free[node] || readers.length === 0 || pins[node]) continue;
    const nearest = readers.reduce((least, reader) => Math.min(least, rank[reader] ?? 0), Infinity);
    rank[node] = Math.max(rank[node] ?? 0, nearest - 1);
  }
  return pinned(rank, pins);
}

/** Every node once, after those it depends on as far as there are no cycles. */
function topologicalOrder(
  successors: readonly (readonly number[])[],
  incoming: Int32Array,
): readonly number[] {
  const size = incoming.length;
  const waiting = Int32Array.from(incoming);
  const done = new Uint8Array(size);
  const ready: number[] = [];
  const order: number[] = [];
  for (let node = 0; node < size; node++) if (waiting[node] === 0) ready.push(node);
  for (let unvisited = 0; order.length < size; ) {
    const node = ready.pop() ?? unvisited++;
    // A cycle leaves nothing ready: it is broken at the first node that is left.
    if (done[node]) continue;
    done[node] = 1;
    order.push(node);
    for (const next of successors[node] ?? []) {
      waiting[next] = (waiting[next] ?? 0) - 1;
      if (waiting[next] === 0) ready.push(next);
    }
  }
  return order;
}

/** Puts pinned nodes into layers of their own, above and below all others. */
function pinned(rank: Int32Array, pins: readonly (Pin | undefined)[]): Int32Array {
  const first = pins.includes('top') ? 1 : 0;
  let last = 0;
  rank.forEach((value, node) => {
    if (!pins[node]) last = Math.max(last, value);
  });
  // Readers of a pinned source already stand one below it, so nothing has to move down for it.
  const lowest = rank.reduce((least, value, node) => (pins[node] ? least : Math.min(least, value)), last);
  const shift = first - lowest;
  return rank.map((value, node) =>
    pins[node] === 'top' ? 0 : pins[node] === 'bottom' ? last + shift + 1 : value + shift,
  );
}

function adjacency(size: number, edges: Digraph['edges']) {
  const successors: number[][] = Array.from({ length: size }, () => []);
  const incoming = new Int32Array(size);
  for (const [from, to] of edges) {
    if (from === to) continue;
    successors[from]?.push(to);
    incoming[to] = (incoming[to] ?? 0) + 1;
  }
  return { successors, incoming };
}
