// Constants beside results lie as these do, so that they are read in the order they are written in.

import { expect, test } from 'vitest';
import { Identities } from '../../../engine/ir/constants/identities.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { Locator } from '../../../engine/select/access.ts';
import { Weights } from '../../../engine/select/weights.ts';
import { noFiles, TestGraph } from '../../support/build-graph.ts';

const SHAPE = [1, 2, 2, 3];
/** strides of an image whose channels lie innermost */
const CHANNELS_LAST = [12, 1, 6, 2];

function located(
  shape: readonly number[],
  elements: number[],
  dtype: 'float32' | 'int64',
  strides: number[],
) {
  const graph = new TestGraph();
  const id = graph.constant('c', tensorOf(dtype, shape, elements));
  graph.output(graph.node('Identity', [id]));
  const weights = new Weights(new Identities(noFiles));
  const { buffer, strides: own } = new Locator(graph.build(), new Map(), weights, noFiles).beside(
    id,
    SHAPE,
    strides,
  );
  const segment = weights.segments[buffer.id];
  const bytes = new Uint8Array(segment?.bytes ?? 0);
  segment?.load(bytes);
  const stored = dtype === 'float32' ? new Float32Array(bytes.buffer) : new BigInt64Array(bytes.buffer);
  return { stored: [...stored].map(Number), own, segments: weights.segments.length };
}

const COUNTED = Array.from({ length: 12 }, (_, k) => k);
const TURNED = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11];

test('a whole constant takes the order of the results', () => {
  expect(located(SHAPE, COUNTED, 'float32', CHANNELS_LAST)).toMatchObject({ stored: TURNED, segments: 1 });
  expect(located(SHAPE.slice(1), COUNTED, 'int64', CHANNELS_LAST).stored).toEqual(TURNED);
});

test('beside row-major results, and where only one axis has an extent, it stays row-major', () => {
  expect(located(SHAPE, COUNTED, 'float32', [12, 6, 3, 1]).stored).toEqual(COUNTED);
  expect(located([2, 1, 1], [5, 7], 'float32', CHANNELS_LAST).stored).toEqual([5, 7]);
});
