// Which layer each node goes to: the longest path from a source, without recursion, so that chains of any length work.

export type Pin = 'top' | 'bottom';

/** Node indices; `edges[k]` is [from, to]. */
export interface Digraph {
  readonly size: number;
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/**
 * Longest-path ranks, 0 at the top. Sources that are not pinned move down beside their nearest reader.
 * In a cycle the node with the smallest index goes first; edges against the order may then point upwards.
 */
export function ranksOf({ size, edges }: Digraph, pins: readonly (Pin | undefined)[] = []): Int32Array {
  const { successors, incoming } = adjacency(size, edges);
  const rank = new Int32Array(size);
  const waiting = Int32Array.from(incoming);
  const done = new Uint8Array(size);
  const ready: number[] = [];
  for (let node = 0; node < size; node++) if (waiting[node] === 0) ready.push(node);
  let unvisited = 0;
  for (let visited = 0; visited < size; visited++) {
    // A cycle leaves nothing ready: break it at the first node that is left.
    while (ready.length === 0) {
      if (!done[unvisited]) ready.push(unvisited);
      unvisited++;
    }
    const node = ready.pop() ?? 0;
    if (done[node]) {
      visited--;
      continue;
    }
    done[node] = 1;
    for (const next of successors[node] ?? []) {
      if (done[next]) continue;
      rank[next] = Math.max(rank[next] ?? 0, (rank[node] ?? 0) + 1);
      waiting[next] = (waiting[next] ?? 0) - 1;
      if (waiting[next] === 0) ready.push(next);
    }
  }
  for (let node = 0; node < size; node++) {
    const readers = successors[node] ?? [];
    if (incoming[node] !== 0 || readers.length === 0 || pins[node]) continue;
    rank[node] = Math.max(
      0,
      readers.reduce((least, reader) => Math.min(least, rank[reader] ?? 0), Infinity) - 1,
    );
  }
  return pinned(rank, pins);
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

export function adjacency(size: number, edges: Digraph['edges']) {
  const successors: number[][] = Array.from({ length: size }, () => []);
  const incoming = new Int32Array(size);
  for (const [from, to] of edges) {
    if (from === to) continue;
    successors[from]?.push(to);
    incoming[to] = (incoming[to] ?? 0) + 1;
  }
  return { successors, incoming };
}
