// Sequences that are made by appending: lists are made when they are asked for, and no sequence sees what is appended
// to another one.

import { expect, test } from 'vitest';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../../engine/ir/types.ts';
import { type Datum, isSequence, type Sequence, sequenceOf } from '../../../../engine/reference/datum.ts';
import { evaluateData } from '../../../../engine/reference/interpreter.ts';
import { noFiles, TestGraph } from '../../../support/build-graph.ts';

const item = (value: number): Tensor => tensorOf('float32', [1], [value]);
const count = (value: number): Tensor => tensorOf('int64', [], [value]);

function insertNode(placed: boolean) {
  const g = new TestGraph('insert');
  const [all, one] = [
    g.asInput(g.value({ name: 'all', dtype: 'float32', container: 'sequence' })),
    g.input('one', 'float32', [1]),
  ];
  g.node('SequenceInsert', [all, one, ...(placed ? [g.input('place', 'int64', [])] : [])]);
  const [node] = g.build().nodes;
  if (!node) throw new Error('expected a node');
  return node;
}

function inserted(all: Sequence, one: Tensor, place?: number): Sequence {
  const given: Datum[] = [all, one, ...(place === undefined ? [] : [count(place)])];
  const [result] = evaluateData(insertNode(place !== undefined), given, { read: noFiles });
  if (!isSequence(result)) throw new Error('expected a sequence');
  return result;
}

const valuesOf = ({ items }: Sequence): unknown[] => items.map(({ data }) => data[0]);

test('appending copies nothing until items are asked for', () => {
  let reads = 0;
  const first = Array.from({ length: 30 }, (_, i) => item(i));
  const begun = sequenceOf(
    new Proxy(first, {
      get: (target, key) => {
        if (typeof key === 'string' && key !== 'length') reads++;
        return Reflect.get(target, key);
      },
    }),
  );
  for (let i = 0; i < 20; i++) inserted(begun, item(i));
  // One is looked at for its type.
  expect(reads).toBeLessThanOrEqual(2 * 20);
  let all = inserted(begun, item(30));
  reads = 0;
  for (let i = 31; i < 50; i++) all = inserted(all, item(i));
  expect(reads).toBe(0);
  expect(valuesOf(all)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(all.items).toBe(all.items);
});

test('what is appended to one is in no other', () => {
  const begun = sequenceOf([]);
  const one = inserted(begun, item(1));
  const [a, b] = [inserted(one, item(2)), inserted(one, item(3))];
  const longer = inserted(a, item(4), 2);
  expect([begun, one, a, b, longer].map(valuesOf)).toEqual([[], [1], [1, 2], [1, 3], [1, 2, 4]]);
  expect(valuesOf(inserted(longer, item(5), -1))).toEqual([1, 2, 5, 4]);
  expect(valuesOf(inserted(inserted(b, item(6)), item(7), 0))).toEqual([7, 1, 3, 6]);
  expect(() => inserted(b, item(0), 3)).toThrow('place 3 in a sequence of 2');
});
