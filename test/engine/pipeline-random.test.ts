// Compiled programs compute what the interpreter computes, whatever is fused, laid out, planned or vectorised.

import { describe, expect, test } from 'vitest';
import { valueOf } from '../../engine/ir/graph.ts';
import { printGraph } from '../../engine/ir/print.ts';
import type { Graph, Tensor } from '../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { compareTensors } from '../../engine/runtime/compare-tensors.ts';
import { noFiles, randomTensor } from '../support/build-graph.ts';
import { randomGraph } from '../support/random-graph.ts';
import { runProgram } from '../support/run-program.ts';

const VARIANTS: Readonly<Record<string, Partial<CompileOptions>>> = {
  default: {},
  unfused: { fusion: false },
  'scalar, no multiply-add': { simd: 'scalar', fma: false },
  'wide, row-major, unplanned': { simd: '256', layout: 'nchw', planner: 'off' },
  'two threads, reference counts': { threads: 2, planner: 'refcount' },
  interpreted: { reference: true },
};

function expected(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const results = evaluateGraph(graph, given, noFiles);
  return graph.outputs.map(id => results.get(id) as Tensor);
}

describe('random graphs', () => {
  for (let block = 0; block < 12; block++) {
    test(`seeds ${block * 10} to ${block * 10 + 9}`, () => {
      for (let seed = block * 10; seed < block * 10 + 10; seed++) {
        const graph = randomGraph(seed, 4 + (seed % 14));
        const inputs = graph.inputs.map((id, i) => randomTensor(valueOf(graph, id).shape ?? [], seed + i));
        const wanted = expected(graph, inputs);
        for (const [name, options] of Object.entries(VARIANTS)) {
          const { program } = compile(
            graph,
            { ...DEFAULT_OPTIONS, ...options },
            { read: noFiles, clock: () => 0 },
          );
          runProgram(program, inputs).forEach((actual, i) => {
            const comparison = compareTensors(actual, wanted[i] as Tensor);
            expect(
              comparison.mismatched,
              `seed ${seed}, ${name}, output ${i}: ${JSON.stringify(comparison)}\n${printGraph(graph)}`,
            ).toBe(0);
          });
        }
      }
    });
  }
});
