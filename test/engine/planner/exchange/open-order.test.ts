import { expect, test } from 'vitest';
import {
  certainRuns,
  exchanged,
  freeOrder,
  type OrderTree,
  pieces,
} from '../../../../engine/planner/exchange/open-order.ts';
import { seededRandom } from '../../../../engine/random.ts';

const name = (piece: number) => piece;

/** All orders of some numbers. */
function orders(all: readonly number[]): number[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, at) => orders(all.toSpliced(at, 1)).map(rest => [first, ...rest]));
}

/** Where taken ones begin in an order that has them side by side, else -1. */
function runOf(order: readonly number[], taken: readonly number[]): number {
  const at = order.findIndex(piece => taken.includes(piece));
  return order.slice(at, at + taken.length).every(piece => taken.includes(piece)) ? at : -1;
}

const leaves = (tree: OrderTree) =>
  pieces(tree).flatMap(piece => (piece.kind === 'leaf' ? [piece.piece] : []));

test('what is open is exactly what all exchanges leave open, against trying all orders', () => {
  let refused = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed);
    let next = 6;
    let tree = freeOrder([0, 1, 2, 3, 4, 5], name);
    let open = orders([0, 1, 2, 3, 4, 5]);
    for (let exchange = 0; exchange < 8; exchange++) {
      const live = leaves(tree);
      const taken = live.filter(() => random() < 0.4);
      if (taken.length === 0) continue;
      const put = Array.from(
        { length: Math.min(7 - live.length + taken.length, 1 + Math.floor(3 * random())) },
        () => next++,
      );
      const found = exchanged(tree, taken, freeOrder(put, name), exchange);
      const possible = open.filter(order => runOf(order, taken) >= 0);
      expect(found !== undefined, `seed ${seed}, exchange ${exchange}`).toBe(possible.length > 0);
      if (!found) {
        refused++;
        continue;
      }
      expect(Math.exp(found.chance), `seed ${seed}`).toBeCloseTo(possible.length / open.length, 8);
      const gone = new Map(
        possible.map(order => [order.toSpliced(runOf(order, taken), taken.length, -1).join(), order]),
      );
      open = [...gone.values()].flatMap(order => {
        const at = runOf(order, taken);
        return orders(put).map(inner => order.toSpliced(at, taken.length, ...inner));
      });
      tree = found.tree;
      expect(open.map(String), `seed ${seed}`).toContain(String(leaves(tree)));
    }
  }
  expect(refused).toBeGreaterThan(30);
});

test('the same orders have the same hash, whatever way they were come to', () => {
  const start = freeOrder([0, 1, 2, 3, 4, 5], name);
  const put = (tree: OrderTree, taken: number[], piece: number) => {
    const found = exchanged(tree, taken, freeOrder([piece], name), piece);
    if (!found) throw new Error('refused');
    return found.tree;
  };
  expect(put(put(start, [0, 1], 6), [4, 5], 7).hash).toBe(put(put(start, [4, 5], 7), [0, 1], 6).hash);
  expect(put(start, [0, 1], 6).hash).not.toBe(put(start, [0, 2], 6).hash);
});

test('runs that are certain are neighbours in all orders, and single pieces where the tree does not have them', () => {
  let joined = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed);
    let tree = freeOrder([0, 1, 2, 3, 4, 5], name);
    let open = orders([0, 1, 2, 3, 4, 5]);
    for (let next = 6; next < 8; next++) {
      const taken = leaves(tree).filter(() => random() < 0.5);
      const put = [next, next + 10];
      const found = taken.length > 1 && exchanged(tree, taken, freeOrder(put, name), next);
      if (!found) continue;
      tree = found.tree;
      open = open.flatMap(order => {
        const at = runOf(order, taken);
        return at < 0 ? [] : orders(put).map(some => order.toSpliced(at, taken.length, ...some));
      });
    }
    const set = [...leaves(tree).filter(() => random() < 0.6), 99];
    const runs = certainRuns(tree, set);
    expect(
      runs.flat().sort((a, b) => a - b),
      `seed ${seed}`,
    ).toEqual(set.sort((a, b) => a - b));
    for (const run of runs) {
      if (run.length === 1) continue;
      expect(
        open.every(order => runOf(order, run) >= 0),
        `seed ${seed}: ${run}`,
      ).toBe(true);
      joined++;
    }
  }
  expect(joined).toBeGreaterThan(0);
});
