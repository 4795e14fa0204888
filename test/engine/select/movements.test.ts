// Movements that pads and scatters become, against the interpreter.

import { it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const draw = (seed: number) => {
  const random = seededRandom(seed);
  return (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
};

it.each(['reflect', 'edge', 'wrap'])('pads by %s', mode => {
  for (let seed = 1; seed <= 20; seed++) {
    const whole = draw(seed);
    const shape = Array.from({ length: whole(1, 4) }, () => whole(2, 9));
    const amounts = [...shape, ...shape].map(extent => whole(0, 1) * whole(0, extent - 1));
    const graph = new TestGraph('pad');
    const x = graph.input('x', 'float32', shape);
    const padded = graph.node('Pad', [x, graph.ints(...amounts)], {
      attributes: { mode: attr.string(mode) },
    });
    graph.output(padded);
    graph.output(graph.node('Relu', [padded]));
    expectCompiled(inferred(graph), [randomTensor(shape, seed)], `${mode} seed ${seed}`, () => 0);
  }
});

it('scatters a box', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const whole = draw(seed);
    const shape = Array.from({ length: whole(1, 4) }, () => whole(1, 6));
    const axis = whole(0, shape.length - 1);
    const extent = shape[axis] ?? 1;
    const first = whole(0, extent - 1);
    const box = shape.slice(0, axis + 1).with(axis, whole(1, extent - first));
    const width = axis + 1;
    const tuples = box.reduce((a, b) => a * b, 1);
    const indices: number[] = [];
    for (let tuple = 0; tuple < tuples; tuple++) {
      const place: number[] = [];
      let rest = tuple;
      for (let at = width - 1; at >= 0; at--) {
        place.unshift((rest % (box[at] ?? 1)) + (at === axis ? first - whole(0, 1) * extent : 0));
        rest = Math.floor(rest / (box[at] ?? 1));
      }
      indices.push(...place);
    }
    const updates = [...box, ...shape.slice(width)];
    const graph = new TestGraph('scatter');
    const x = graph.input('x', 'float32', shape);
    const u = graph.input('u', 'float32', updates);
    const places = graph.constant('places', tensorOf('int64', [...box, width], indices));
    const scattered = graph.node('ScatterND', [x, places, graph.node('Neg', [u])]);
    graph.output(graph.node('Abs', [scattered]));
    const inputs = [randomTensor(shape, seed), randomTensor(updates, seed + 99)];
    if (updates.join() !== shape.join())
      expectCompiled(inferred(graph), inputs, `seed ${seed} [${shape}]`, () => 0);
  }
});
