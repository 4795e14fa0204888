import { describe, expect, test } from 'vitest';
import { attr, GraphBuilder } from '../../../../engine/ir/graph.ts';
import type { Graph } from '../../../../engine/ir/types.ts';
import { compileOptions } from '../../../../engine/options.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import { Hopes } from '../../../../engine/planner/what-if/hope.ts';
import { pressureOf, problemOf } from '../../../../engine/planner/what-if/schedule.ts';
import { givenSchedule } from '../../../../engine/report/what-if/given-schedule.ts';
import { recomputeChanges } from '../../../../engine/report/what-if/recompute.ts';
import { whatIfReport } from '../../../../engine/report/what-if/report.ts';
import { sharingChanges } from '../../../../engine/report/what-if/sharing.ts';
import { stageChanges } from '../../../../engine/report/what-if/stage-changes.ts';
import { SAMPLES } from '../../../../engine/samples/index.ts';
import { inferred, noFiles, randomTensor } from '../../../support/build-graph.ts';

const NOTHING = { pools: [], times: [] };

/** x → Relu → Sigmoid → Tanh: 400 bytes each, two at a time. */
function chain(): Graph {
  const b = new GraphBuilder('chain');
  const x = b.input('x', 'float32', [1, 1, 10, 10]);
  const relu = b.node('Relu', [x], { name: 'relu' });
  b.output(b.node('Tanh', [b.node('Sigmoid', [relu])]));
  return inferred(b);
}

/** A wide convolution between two narrow ones, over 32 × 32. */
function bottleneck(): Graph {
  const b = new GraphBuilder('bottleneck');
  let at = b.input('x', 'float32', [1, 2, 32, 32]);
  for (const [index, [from, to]] of [
    [2, 16],
    [16, 16],
    [16, 2],
  ].entries()) {
    const weights = b.constant(`w${index}`, randomTensor([to ?? 1, from ?? 1, 3, 3], index));
    at = b.node('Conv', [at, weights], {
      name: `conv${index}`,
      attributes: { pads: attr.ints([1, 1, 1, 1]) },
    });
  }
  b.output(at);
  return inferred(b);
}

test('says what it looks at, and how much of it there is', () => {
  const said: [string, number, number][] = [];
  whatIfReport(bottleneck(), NOTHING, {}, (...step) => said.push(step));
  const alone = said.filter(([what]) => what === 'changes alone');
  expect(alone.map(([, done]) => done)).toEqual(alone.map((_, at) => at));
  expect(new Set(alone.map(([, , of]) => of))).toEqual(new Set([alone.length]));
  expect(said.some(([what]) => what === 'changes together')).toBe(true);
});

describe('what a change alone saves', () => {
  test('in place: each of a chain for itself saves nothing, together they halve it', () => {
    const { base, items, front } = whatIfReport(chain(), NOTHING, {});
    expect(base).toMatchObject({ peakBytes: 800, lowerBoundBytes: 800, optimal: true });
    expect(items.map(({ kind, savedBytes }) => [kind, savedBytes])).toEqual([
      ['in-place', 0],
      ['in-place', 0],
      ['in-place', 0],
    ]);
    expect(front.map(({ peakBytes, extra }) => [peakBytes, extra.multiplyAdds])).toEqual([
      [800, 0],
      [400, 0],
    ]);
  });

  test('a stage in patches: what lies between shrinks, the overlap is computed again', () => {
    const { base, items, multiplyAdds } = whatIfReport(bottleneck(), NOTHING, {});
    // 16 channels of 32 × 32 floats, twice.
    expect(base.peakBytes).toBe(2 * 16 * 4096);
    expect(multiplyAdds).toBe(1024 * 9 * (2 * 16 + 16 * 16 + 16 * 2));
    const whole = items.find(({ id }) => id === 'patches:0-3:2');
    // Patches of 16 × 16 need 18 × 18 of the second result and 17 or 18 of its rows at the edges.
    const inner = (16 + 1) ** 2 * 16 * 4;
    const before = (16 + 2) ** 2 * 16 * 4;
    expect(whole?.peakBytes).toBe(2 * 2 * 4096 + inner + before);
    const again = (4 * 18 ** 2) / 1024 - 1;
    const againInner = (4 * 17 ** 2) / 1024 - 1;
    expect(whole?.extra.multiplyAdds).toBe(Math.round(1024 * 9 * (again * 2 * 16 + againInner * 16 * 16)));
    const rows = items.find(({ id }) => id === 'depth-first:0-3');
    expect(rows?.extra.multiplyAdds).toBe(0);
    // Rows need less memory and nothing again, so nobody has to look at the patches.
    expect([whole?.beaten, rows?.beaten]).toEqual([true, undefined]);
    expect(rows?.peakBytes).toBe(2 * 2 * 4096 + (3 + 5) * 32 * 16 * 4);
  });

  test('times of a run say what computing again costs', () => {
    const graph = bottleneck();
    const times = graph.nodes.map(({ origin }) => ({ nodes: [...origin], ms: 2 }));
    const { items } = whatIfReport(graph, { pools: [], times }, {});
    const whole = items.find(({ id }) => id === 'patches:0-3:2');
    const again = (4 * 18 ** 2) / 1024 - 1 + (4 * 17 ** 2) / 1024 - 1;
    expect(whole?.extra.ms).toBeCloseTo(2 * again, 6);
  });
});

test('parts of a whole: slices save the copy', () => {
  const b = new GraphBuilder('parts');
  const x = b.input('x', 'float32', [1, 4, 8, 8]);
  const parts = ['Relu', 'Tanh'].map(op => b.node(op, [x]));
  b.output(b.node('Concat', parts, { attributes: { axis: attr.int(1) } }));
  const { base, items } = whatIfReport(inferred(b), NOTHING, {});
  expect(base.peakBytes).toBe(4 * 1024);
  expect(items.find(({ kind }) => kind === 'slices')).toMatchObject({ peakBytes: 3 * 1024 });
});

test('a value that waits long is computed again', () => {
  const b = new GraphBuilder('skip');
  const x = b.input('x', 'float32', [1, 1, 8, 8]);
  const small = b.node('Relu', [x]);
  const sizes = b.constant('sizes', {
    kind: 'inline',
    tensor: { dtype: 'int64', shape: [4], data: new BigInt64Array([1n, 64n, 8n, 8n]) },
  });
  const wide = b.node('Expand', [small, sizes]);
  const mean = b.node('GlobalAveragePool', [wide]);
  const other = b.node('Expand', [b.node('Sigmoid', [mean]), sizes]);
  const scaled = b.node('Softmax', [other]);
  b.output(b.node('Add', [b.node('GlobalMaxPool', [scaled]), b.node('GlobalMaxPool', [wide])]));
  const { base, items } = whatIfReport(inferred(b), NOTHING, {});
  const again = items.find(({ kind }) => kind === 'recompute');
  expect(again?.peakBytes).toBeLessThan(base.peakBytes);
});

test('a budget is answered with the cheapest plan that fits, or with what is missing', () => {
  const graph = bottleneck();
  const ask = (budgetBytes: number) => whatIfReport(graph, { ...NOTHING, budgetBytes }, {}).budget;
  expect(ask(200_000)).toMatchObject({ fits: true, missingBytes: 0, point: { changes: [] } });
  const tight = ask(60_000);
  expect(tight).toMatchObject({ fits: true, missingBytes: 0 });
  expect(tight?.point.changes.length).toBeGreaterThan(0);
  const none = ask(1000);
  expect(none).toMatchObject({ fits: false });
  expect(none?.missingBytes).toBe((none?.point.peakBytes ?? 0) - 1000);
});

test('a budget that only the program as it runs meets', () => {
  const graph = bottleneck();
  const size = 500;
  const problem = { buffers: [{ id: 'all', lower: 0, upper: 1, size }] };
  const planned = { problem, result: plan(problem, 'size'), chains: [] };
  const program = { options: compileOptions.parse({}), plan: () => planned };
  const ask = (budgetBytes: number) => whatIfReport(graph, { ...NOTHING, budgetBytes, program }, {}).budget;
  expect(ask(1000)).toMatchObject({ fits: true, missingBytes: 0, executed: { peakBytes: size } });
  expect(ask(400)).toMatchObject({ fits: false, missingBytes: 100, executed: { peakBytes: size } });
});

test('the order of the graph as given comes with its proof', () => {
  const { order, base } = whatIfReport(bottleneck(), NOTHING, {});
  expect(order).toMatchObject({ proved: true, peakBytes: base.peakBytes, givenPeakBytes: base.peakBytes });
});

test('two memories: what does not fit the fast one goes to the other', () => {
  const pools = [
    { id: 'fast', sizeBytes: 80_000, cost: 1 },
    { id: 'slow', sizeBytes: 1_000_000, cost: 10 },
  ];
  const { pools: answer, items } = whatIfReport(bottleneck(), { pools, times: [] }, {});
  // Without a look for changes: the same plan and the same answer about the pools.
  const quick = whatIfReport(bottleneck(), { pools, times: [], changes: false }, {});
  expect(quick.pools).toEqual(answer);
  expect(quick.items).toEqual([]);
  expect(answer).toMatchObject({ fits: true, missingBytes: 0 });
  for (const { peakBytes, sizeBytes } of answer?.pools ?? [])
    expect(peakBytes).toBeLessThanOrEqual(sizeBytes);
  const traffic = answer?.pools.reduce((sum, pool) => sum + pool.cost * pool.trafficBytes, 0);
  expect(answer?.cost).toBe(traffic);
  expect(items.some(({ kind, extra }) => kind === 'pool' && extra.trafficBytes > 0)).toBe(true);
});

test('memories into which the graph fits only where tensors share them', () => {
  // 800 bytes as given, 400 in place.
  const answerFor = (sizeBytes: number) =>
    whatIfReport(chain(), { pools: [{ id: 'only', sizeBytes, cost: 1 }], times: [], changes: false }, {})
      .pools;
  expect(answerFor(800)).toMatchObject({ fits: true, schedule: 'as given', proved: true });
  expect(answerFor(400)).toMatchObject({ fits: true, schedule: 'memory shared', proved: true });
  expect(answerFor(399)).toMatchObject({ fits: false, schedule: 'memory shared', missingBytes: 1 });
});

test.each(['mobilenet-v2', 'u-net', 'relu-decoder'])('no change of %s lowers what it does not name', name => {
  const sample = SAMPLES.find(other => other.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  const given = givenSchedule(inferShapes(sample.build(), {}, noFiles).graph);
  const hopes = new Hopes(given.schedule);
  const changes = [...sharingChanges(given), ...stageChanges(given), ...recomputeChanges(given)];
  expect(changes.length).toBeGreaterThan(0);
  for (const { id, apply, lowers } of changes) {
    const changed = apply(given.schedule);
    if (!changed) continue;
    expect(lowers, id).toBeDefined();
    expect(hopes.leastBytes(lowers ?? []), id).toBeLessThanOrEqual(pressureOf(problemOf(changed)));
  }
});

test('what is to end after some time says how far it came', () => {
  let now = 0;
  const clock = () => now++;
  const { tried } = whatIfReport(bottleneck(), { ...NOTHING, limitMs: 4 }, { clock });
  expect(tried).toMatchObject({ together: false, settings: false });
  expect(tried?.alone).toBeLessThan(tried?.of ?? 0);
  expect(whatIfReport(bottleneck(), { ...NOTHING, limitMs: 1e9 }, { clock }).tried).toEqual({
    alone: tried?.of,
    of: tried?.of,
    together: true,
    settings: true,
  });
  expect(whatIfReport(bottleneck(), NOTHING, {}).tried).toBeUndefined();
});
