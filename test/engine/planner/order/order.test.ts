import { describe, expect, test } from 'vitest';
import { lowerBound } from '../../../../engine/planner/bounds/max-live.ts';
import { type LivenessPorts, type LiveStep, livenessOf } from '../../../../engine/planner/liveness.ts';
import {
  effectOf,
  liveAtStart,
  noEffect,
  orderGraph,
  peakOf,
} from '../../../../engine/planner/order/graph.ts';
import { greedyOrder } from '../../../../engine/planner/order/greedy.ts';
import { orderSteps } from '../../../../engine/planner/order/order.ts';
import { seededRandom } from '../../../../engine/random.ts';

interface Net {
  readonly steps: readonly LiveStep<number>[];
  readonly ports: LivenessPorts<number>;
}

/** Values are numbers; each step reads some that are there and writes one or two, some of them in place. */
function randomNet(seed: number, count: number, inPlace: boolean): Net {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const sizes: number[] = [];
  const owners: number[] = [];
  const add = (owner?: number): number => {
    const value = sizes.push(below(8) === 0 ? 0 : 1 + below(20)) - 1;
    owners.push(owner ?? value);
    if (owner !== undefined) sizes[value] = sizes[owner] ?? 0;
    return value;
  };
  const inputs = Array.from({ length: 1 + below(2) }, () => add());
  const current = [...inputs];
  const steps = Array.from({ length: count }, (_, at): LiveStep<number> => {
    const reads = Array.from({ length: 1 + below(3) }, () => current[below(current.length)] ?? 0);
    const [first = 0] = reads;
    const writes = [add(inPlace && below(4) === 0 ? (owners[first] ?? 0) : undefined)];
    // What is overwritten is not read again.
    const owner = owners[writes[0] ?? 0];
    if (owner !== writes[0]) {
      for (let i = current.length - 1; i >= 0; i--)
        if (owners[current[i] ?? 0] === owner) current.splice(i, 1);
    }
    if (below(5) === 0) writes.push(add());
    current.push(...writes);
    return { reads, writes, ...(below(5) === 0 ? { scratch: [{ id: `s${at}`, bytes: below(15) }] } : {}) };
  });
  const outputs = [...new Set([current.at(-1) ?? 0, current[below(current.length)] ?? 0])];
  return {
    steps,
    ports: {
      inputs,
      outputs,
      describe: value => ({ id: `v${value}`, bytes: sizes[value] ?? 0 }),
      owner: value => owners[value] ?? value,
    },
  };
}

const livePeak = ({ steps, ports }: Net, order: readonly number[]): number =>
  lowerBound(
    livenessOf(
      order.flatMap(at => steps[at] ?? []),
      ports,
    ).problem,
  ).bytes;

/** The lowest peak of all orders, one by one. */
function bruteForce(net: Net): number {
  const { before } = orderGraph(net.steps, net.ports);
  let best = Number.POSITIVE_INFINITY;
  const visit = (order: readonly number[]): void => {
    if (order.length === net.steps.length) best = Math.min(best, livePeak(net, order));
    net.steps.forEach((_, at) => {
      if (!order.includes(at) && (before[at] ?? []).every(step => order.includes(step)))
        visit([...order, at]);
    });
  };
  visit([]);
  return best;
}

/** The same for more steps: the lowest peak by which each set of executed steps can be reached. */
function bruteForceBySets(net: Net): number {
  const graph = orderGraph(net.steps, net.ports);
  let layer = new Map([[0, { peak: liveAtStart(graph), live: liveAtStart(graph) }]]);
  const effect = noEffect();
  for (let count = 0; count < graph.count; count++) {
    const next = new Map<number, { peak: number; live: number }>();
    for (const [set, { peak, live }] of layer) {
      for (let step = 0; step < graph.count; step++) {
        const isReady = (graph.before[step] ?? []).every(at => (set >> at) & 1);
        if ((set >> step) & 1 || !isReady) continue;
        effectOf(graph, Uint32Array.of(set), count, step, effect);
        const reached = Math.max(peak, live + effect.born);
        const known = next.get(set | (1 << step));
        if (known !== undefined && known.peak <= reached) continue;
        next.set(set | (1 << step), { peak: reached, live: live + effect.born - effect.dead });
      }
    }
    layer = next;
  }
  return [...layer.values()][0]?.peak ?? 0;
}

test('sixteen steps: the best of all orders, proved', () => {
  for (let seed = 1; seed <= 120; seed++) {
    const net = randomNet(seed, 16, seed % 3 === 0);
    const result = orderSteps(net.steps, net.ports);
    expect(result, `seed ${seed}`).toMatchObject({ proved: true, peakBytes: bruteForceBySets(net) });
  }
});

test.each([
  ['separate buffers', false],
  ['results in place', true],
])('%s: the best of all orders, proved', (_, inPlace) => {
  let better = 0;
  for (let seed = 1; seed <= 250; seed++) {
    const net = randomNet(seed, 2 + (seed % 6), inPlace);
    const given = net.steps.map((_, at) => at);
    const result = orderSteps(net.steps, net.ports);
    const label = `seed ${seed}`;
    expect(
      [...result.order].sort((a, b) => a - b),
      label,
    ).toEqual(given);
    expect(result.givenPeakBytes, label).toBe(livePeak(net, given));
    expect(result.peakBytes, label).toBe(livePeak(net, result.order));
    expect(result, label).toMatchObject({ proved: true, peakBytes: bruteForce(net) });
    if (result.peakBytes < result.givenPeakBytes) better++;
  }
  expect(better).toBeGreaterThan(10);
});

test('without the exact search: never worse than given, and the bound holds', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const net = randomNet(seed, 30, seed % 2 === 0);
    const quick = orderSteps(net.steps, net.ports, [], { nodeLimit: 1 });
    const thorough = orderSteps(net.steps, net.ports);
    const label = `seed ${seed}`;
    expect(quick.peakBytes, label).toBe(livePeak(net, quick.order));
    expect(quick.peakBytes, label).toBeLessThanOrEqual(quick.givenPeakBytes);
    expect(quick.lowerBoundBytes, label).toBeLessThanOrEqual(thorough.peakBytes);
    expect(thorough.peakBytes, label).toBeLessThanOrEqual(quick.peakBytes);
  }
});

describe('dependencies', () => {
  /** Two branches of a large and a small tensor each, given one beside the other. */
  const sizes: Readonly<Record<string, number>> = { i: 1, a: 100, b: 100, c: 1, d: 1, o: 1 };
  const steps: LiveStep<string>[] = ['i>a', 'i>b', 'a>c', 'b>d', 'cd>o'].map(text => {
    const [reads = '', writes = ''] = text.split('>');
    return { reads: [...reads], writes: [...writes] };
  });
  const ports: LivenessPorts<string> = {
    inputs: ['i'],
    outputs: ['o'],
    describe: id => ({ id, bytes: sizes[id] ?? 0 }),
  };

  test('one branch after the other', () => {
    const { order, peakBytes, givenPeakBytes, proved } = orderSteps(steps, ports);
    expect({ peakBytes, givenPeakBytes, proved }).toEqual({
      peakBytes: 102,
      givenPeakBytes: 201,
      proved: true,
    });
    expect(Math.abs(order.indexOf(0) - order.indexOf(2))).toBe(1);
  });

  test('a pair that must keep its order does', () => {
    const { order, peakBytes } = orderSteps(steps, ports, [
      [0, 3],
      [1, 2],
    ]);
    expect(order.indexOf(0)).toBeLessThan(order.indexOf(3));
    expect(peakBytes).toBe(201);
  });

  test('sizes count rounded up to the alignment', () => {
    expect(orderSteps(steps, { ...ports, alignment: 64 }).peakBytes).toBe(64 + 128 + 64);
  });
});

test('unread inputs and nothing to order', () => {
  const ports = { inputs: [0, 1], outputs: [1], describe: (id: number) => ({ id: `${id}`, bytes: 4 }) };
  expect(orderSteps([], ports)).toMatchObject({ order: [], proved: true });
  const steps = [{ reads: [], writes: [2] }];
  expect(orderSteps(steps, ports)).toMatchObject({ peakBytes: 12, givenPeakBytes: 12, proved: true });
});

describe('what ends a search', () => {
  const net = randomNet(5, 400, false);

  test('work, soon after it is spent; the same order every time', () => {
    const result = orderSteps(net.steps, net.ports, [], { workLimit: 300_000 });
    expect(result).toMatchObject({ proved: false, stoppedBy: 'work' });
    expect(result.work).toBeLessThan(360_000);
    expect(result.lowerBoundBytes).toBeLessThan(result.peakBytes);
    expect(result.peakBytes).toBe(livePeak(net, result.order));
    expect(orderSteps(net.steps, net.ports, [], { workLimit: 300_000 })).toEqual(result);
  });

  test('time, and whoever asks to stop', () => {
    let ms = 0;
    const timed = orderSteps(net.steps, net.ports, [], { timeLimitMs: 400, clock: () => ms++ });
    expect(timed).toMatchObject({ proved: false, stoppedBy: 'time' });
    let asked = 0;
    const stopped = orderSteps(net.steps, net.ports, [], { cancelled: () => asked++ > 100 });
    expect(stopped).toMatchObject({ proved: false, stoppedBy: 'cancelled' });
  });

  test('nothing where the search ends by itself', () => {
    const small = randomNet(1, 16, false);
    expect(orderSteps(small.steps, small.ports)).not.toHaveProperty('stoppedBy');
  });
});

test('step by step: an order that respects the dependencies, below the ceiling or none', () => {
  let found = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const net = randomNet(seed, 1 + (seed % 40), seed % 2 === 0);
    const graph = orderGraph(net.steps, net.ports);
    const { order } = greedyOrder(graph, Number.POSITIVE_INFINITY, () => false);
    const label = `seed ${seed}`;
    expect(
      order?.toSorted((a, b) => a - b),
      label,
    ).toEqual(net.steps.map((_, at) => at));
    for (const [step, earlier] of graph.before.entries()) {
      for (const other of earlier)
        expect(order?.indexOf(other), label).toBeLessThan(order?.indexOf(step) ?? 0);
    }
    const peak = peakOf(graph, order ?? []);
    expect(greedyOrder(graph, peak, () => false).order, label).toBeUndefined();
    expect(greedyOrder(graph, peak + 1, () => false).order, label).toEqual(order);
    if (peak < livePeak(net, [...net.steps.keys()])) found++;
  }
  expect(found).toBeGreaterThan(50);
});

test('ten thousand steps that may come in nearly any order: some better order, within the work', () => {
  const random = seededRandom(7);
  const sizes = Array.from({ length: 10_001 }, () => 1 + Math.floor(random() * 1000));
  const steps = Array.from(
    { length: 10_000 },
    (_, at): LiveStep<number> => ({
      reads: [Math.floor(random() * (at + 1))],
      writes: [at + 1],
    }),
  );
  const describe = (value: number) => ({ id: `v${value}`, bytes: sizes[value] ?? 0 });
  const result = orderSteps(steps, { inputs: [0], outputs: [10_000], describe }, [], { workLimit: 1e6 });
  expect(result.peakBytes).toBeLessThan(result.givenPeakBytes / 2);
  expect(result.work).toBeLessThan(2e6);
});

test('a cancelled search gives the order it has', () => {
  const net = randomNet(3, 60, false);
  const result = orderSteps(net.steps, net.ports, [], { cancelled: () => true });
  expect(result).toMatchObject({ order: net.steps.map((_, at) => at), proved: false });
});
