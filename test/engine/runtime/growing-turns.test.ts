// Loops whose state grows from turn to turn, by any axis, give what the interpreter gives, and what continues a value
// is written behind it.

import { expect, test, vi } from 'vitest';
import { attr, type GraphBuilder } from '../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Shape, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { randomTensor, TestGraph } from '../../support/build-graph.ts';
import { compiledBodies, count, expectAsInterpreted, loopBody, outputsOf, runNode } from './loops.ts';

const WIDTH = 6;
const along = (axis: number) => ({ attributes: { axis: attr.int(axis) } });
const int64s = (...numbers: number[]): Tensor => tensorOf('int64', [numbers.length], numbers);

/** How one value grows. */
interface Cache {
  readonly name: string;
  readonly shape: Shape;
  readonly axis: number;
  /** places more in every turn, behind it, or around it */
  readonly step: number;
  readonly side: 'behind' | 'before' | 'around';
  /** whether it is read before it grows, too, and whether others continue it beside */
  readonly isRead: boolean;
  readonly isForked: boolean;
}

function randomCaches(random: () => number): Cache[] {
  const upTo = (most: number) => Math.floor(random() * most);
  return Array.from({ length: 1 + upTo(3) }, (_, i) => {
    const rank = 1 + upTo(4);
    const axis = upTo(rank);
    const shape = Array.from({ length: rank }, () => 1 + upTo(3));
    const side = (['behind', 'behind', 'behind', 'before', 'around'] as const)[upTo(5)] ?? 'behind';
    const [isRead, isForked] = [random() < 0.3, random() < 0.2];
    return { name: `cache ${i}`, shape, axis, step: 1 + upTo(2), side, isRead, isForked };
  });
}

/** What a turn makes of a row of numbers, as so many others: (1, n) → (1, m). */
const mixed = (b: GraphBuilder, x: ValueId, name: string, from: number, to: number): ValueId =>
  b.node('Tanh', [b.node('MatMul', [x, b.constant(name, randomTensor([from, to], from + 7 * to, 0.5))])]);

/** A value that is longer in every turn, and numbers that follow from all of it. */
function grown(b: GraphBuilder, held: ValueId, row: ValueId, cache: Cache) {
  const { name, shape, axis, step, side, isRead, isForked } = cache;
  const part = shape.with(axis, step);
  const addition = (which: string) =>
    b.node('Reshape', [
      mixed(b, row, `${name} ${which}`, WIDTH, elementCount(part)),
      b.constant(`${name} ${which} shape`, int64s(...part)),
    ]);
  const more = addition('more');
  const around = { behind: [held, more], before: [more, held], around: [more, held, more] }[side];
  const longer = b.node('Concat', around, along(axis));
  const axes = b.constant(`${name} axes`, int64s(axis));
  const read = [longer, ...(isRead ? [held] : [])];
  if (isForked) read.push(b.node('Concat', [held, addition('other'), more], along(axis)));
  const sizes = shape.with(axis, 1);
  const seen = read.map((id, i) => {
    const flat = b.constant(`${name} flat ${i}`, int64s(1, elementCount(sizes)));
    const numbers = b.node('Reshape', [b.node(i === 1 ? 'ReduceMax' : 'ReduceMean', [id, axes]), flat]);
    return mixed(b, numbers, `${name} back ${i}`, elementCount(sizes), WIDTH);
  });
  return { longer, seen };
}

/** Values that grow while a row of numbers goes around, for at most `limit` turns and while there are not `most`. */
function growingLoop(caches: readonly Cache[], isSwapped: boolean): Graph {
  const g = new TestGraph('growing');
  const state = caches.map(({ name, shape }) => g.input(name, 'float32', shape));
  const first = g.input('first', 'float32', [1, WIDTH]);
  const [limit, most] = [g.input('limit', 'int64', []), g.input('most', 'int64', [])];
  const shift = g.input('shift', 'float32', [1, WIDTH]);
  const { body, turn } = loopBody('body');
  const held = caches.map(({ name }) => body.input(`${name} in`));
  const row = body.input('row', 'float32', [1, WIDTH]);
  const all = caches.map((cache, i) => grown(body, held[i] as ValueId, row, cache));
  const sum = all.flatMap(({ seen }) => seen).reduce((a, b) => body.node('Add', [a, b]));
  const next = body.node('Tanh', [
    body.node('Add', [body.node('Add', [row, sum]), body.capture(g.get(shift).name)]),
  ]);
  body.output(body.node('Less', [turn, body.capture(g.get(most).name)]));
  const longer = all.map(each => each.longer);
  for (const id of isSwapped ? longer.toReversed() : longer) body.output(id);
  for (const id of [next, sum]) body.output(id);
  return outputsOf(g, 'Loop', [limit, undefined, ...state, first], body.build());
}

const inputsOf = (caches: readonly Cache[], lengths: number, limit: number, most: number): Tensor[] => [
  ...caches.map(({ shape, axis }, i) => randomTensor(shape.with(axis, lengths + i), i)),
  randomTensor([1, WIDTH], 50),
  count(limit),
  count(most),
  randomTensor([1, WIDTH], 51),
];

for (let block = 0; block < 2; block++) {
  test(`random values that grow, block ${block}`, () => {
    for (let seed = 8 * block; seed < 8 * (block + 1); seed++) {
      const random = seededRandom(seed);
      const caches = randomCaches(random);
      const [one] = caches;
      // Those that change places grow alike.
      const isSwapped = random() < 0.2;
      const alike = isSwapped && one ? caches.map(({ name }) => ({ ...one, name })) : caches;
      const lengths = 1 + Math.floor(random() * 3);
      const runs = [
        inputsOf(alike, lengths, 12, 100),
        inputsOf(alike, lengths, 30, 17),
        inputsOf(alike, lengths, 5, 100),
        inputsOf(alike, lengths + 1, 12, 100),
        inputsOf(alike, lengths, 0, 100),
      ];
      const { apart, turns } = expectAsInterpreted(growingLoop(alike, isSwapped), runs);
      expect(apart + turns, `seed ${seed}`).toBe(12 + 18 + 5 + 12);
      expect(turns, `seed ${seed}`).toBeGreaterThan(20);
    }
  });
}

/** Bytes that are copied from array to array. */
function copiedBy(run: () => void): number {
  const set = vi.spyOn(Object.getPrototypeOf(Float32Array.prototype), 'set');
  run();
  const copied = set.mock.calls.reduce(
    (sum, [from]) => sum + (ArrayBuffer.isView(from) ? from.byteLength : 0),
    0,
  );
  set.mockRestore();
  return copied;
}

test('of a value that grows only what is new is written', () => {
  for (const { shape, axis } of [
    { shape: [33, 64], axis: 0 },
    { shape: [1, 33, 64], axis: 1 },
    { shape: [1, 4, 33, 64], axis: 2 },
  ]) {
    const cache: Cache = {
      ...{ name: 'cache', shape, axis, step: 1, side: 'behind', isRead: false, isForked: false },
    };
    const graph = growingLoop([cache], false);
    const { bodies } = compiledBodies(graph);
    const run = (turns: number) => runNode(graph, inputsOf([cache], 33, turns, 100), bodies);
    run(20);
    const [few, many] = [10, 20].map(turns => copiedBy(() => run(turns)));
    // Ten turns more are within the same capacity: they copy less than what there is once.
    expect((many ?? 0) - (few ?? 0), `axis ${axis}`).toBeLessThan(4 * elementCount(shape));
  }
});
