// A graph compiled for every SIMD class, fused and not, against the interpreter; nothing of it may be interpreted.

import { expect } from 'vitest';
import type { Graph, Tensor } from '../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { noFiles } from './build-graph.ts';
import { runProgram } from './run-program.ts';

const VARIANTS: readonly Partial<CompileOptions>[] = [
  { simd: 'scalar', fma: false },
  { simd: '128', fusion: false },
  { simd: '256', threads: 2 },
];

/** How far an element may be from the wanted one; `largest`: the largest magnitude in the expected tensor. */
export type Allowed = (expected: Tensor, wanted: number, largest: number) => number;

/** Of large elements a share, of small ones as much as of 1. */
export const within =
  (share: number): Allowed =>
  (_, wanted) =>
    share * Math.max(1, Math.abs(wanted));

const largestOf = ({ data }: Tensor): number =>
  Array.from(data as ArrayLike<unknown>, x => Math.abs(Number(x))).reduce((a, b) => Math.max(a, b), 0);

/** Fails where an output differs, or where a step of the program is no kernel. `label` tells the case. */
export function expectCompiled(
  graph: Graph,
  inputs: readonly Tensor[],
  label: string,
  allowed: Allowed,
): void {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const results = evaluateGraph(graph, given, noFiles);
  const expected = graph.outputs.map(id => results.get(id) as Tensor);
  const largest = expected.map(largestOf);
  for (const options of VARIANTS) {
    const { program } = compile(graph, { ...DEFAULT_OPTIONS, ...options }, { read: noFiles, clock: () => 0 });
    const interpreted = program.steps.filter(({ kind }) => kind !== 'kernel');
    expect(
      interpreted.map(step => step.op),
      label,
    ).toEqual([]);
    runProgram(program, inputs).forEach(({ data }, i) => {
      const tensor = expected[i] as Tensor;
      for (const [k, element] of [...tensor.data].entries()) {
        const [want, got] = [Number(element), Number(data[k])];
        if (Object.is(got, want) || Math.abs(got - want) <= allowed(tensor, want, largest[i] ?? 0)) continue;
        expect.fail(`${label} ${options.simd}: output ${i}[${k}] is ${got}, expected ${want}`);
      }
    });
  }
}
