// Programs with extents that are known only at run time compute what the interpreter computes: every run its own
// extents, on memory planned once.

import { describe, expect, test } from 'vitest';
import { isBounded } from '../../engine/ir/dynamic.ts';
import { valueOf } from '../../engine/ir/graph.ts';
import { printGraph } from '../../engine/ir/print.ts';
import type { Graph, Tensor } from '../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { noFiles } from '../support/build-graph.ts';
import { randomDynamicGraph, wholeTensor } from '../support/random-dynamic-graph.ts';
import { runProgram } from '../support/run-program.ts';

const VARIANTS = {
  default: {},
  unfused: { fusion: false },
  'wide, row-major, unplanned': { simd: '256', layout: 'nchw', planner: 'off' },
  interpreted: { reference: true },
} as const;

const inputsOf = (graph: Graph, seed: number): Tensor[] =>
  graph.inputs.map((id, i) => wholeTensor(valueOf(graph, id).dtype ?? 'float32', 10 * seed + i));

function expected(graph: Graph, inputs: readonly Tensor[]): (Tensor | undefined)[] {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const results = evaluateGraph(graph, given, noFiles);
  return graph.outputs.map(id => results.get(id));
}

/** As `toEqual`, but 0 and −0 are the same. */
const plain = (tensor: Tensor | undefined) =>
  tensor && { ...tensor, data: Array.from(tensor.data as ArrayLike<number | bigint>, x => Number(x) + 0) };

describe('random graphs with run-time extents', () => {
  test.each([0, 1, 2, 3, 4, 5])('block %s', block => {
    for (let seed = block * 20; seed < block * 20 + 20; seed++) {
      const graph = randomDynamicGraph(seed, 4 + (seed % 12));
      for (const [name, options] of Object.entries(VARIANTS)) {
        const all = { ...DEFAULT_OPTIONS, ...options };
        const { program } = compile(graph, all, { read: noFiles, clock: () => 0 });
        for (const draw of [seed, seed + 1000]) {
          const inputs = inputsOf(graph, draw);
          const wanted = expected(graph, inputs).map(plain);
          const context = `seed ${seed}, ${name}\n${printGraph(graph)}`;
          expect(runProgram(program, inputs).map(plain), context).toEqual(wanted);
        }
      }
    }
  });

  test('most of them have bounded values in the arena', () => {
    const graphs = Array.from({ length: 40 }, (_, seed) => randomDynamicGraph(seed, 10));
    const bounded = graphs.filter(graph => graph.values.some(value => value && isBounded(value)));
    expect(bounded.length).toBeGreaterThan(20);
  });
});
