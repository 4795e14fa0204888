import { expect, it } from 'vitest';
import { GraphBuilder } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateNode } from '../../../engine/reference/interpreter.ts';
import { inferred, noFiles } from '../../support/build-graph.ts';

const int64 = (...values: number[]): Tensor => tensorOf('int64', [values.length], values);
const number = (value: number): Tensor => tensorOf('int64', [], [value]);
const LONG = 1_000_000_000_000;

function graphOf(op: string, inputs: readonly Tensor[]) {
  const builder = new GraphBuilder('large', { version: 17 });
  const ids = inputs.map((tensor, i) => builder.constant(`c${i}`, { kind: 'inline', tensor }));
  builder.output(builder.node(op, ids, { name: 'n', outputs: ['y'] }));
  return inferred(builder);
}

const CASES: readonly (readonly [string, readonly Tensor[]])[] = [
  ['Range', [number(0), number(LONG), number(1)]],
  ['Tile', [int64(1, 2), int64(LONG)]],
  ['Expand', [int64(1), int64(LONG)]],
  ['ConstantOfShape', [int64(LONG)]],
  ['Pad', [int64(1), int64(0, LONG)]],
  ['OneHot', [int64(1), number(LONG), int64(0, 1)]],
];

it.each(CASES)('%s: a result that no memory holds is refused before it is computed', (op, inputs) => {
  const graph = graphOf(op, inputs);
  const [node] = graph.nodes;
  if (!node) throw new Error('no node');
  expect(() => evaluateNode(node, inputs, { read: noFiles })).toThrow(
    /^\w+ "n" of opset 17: expected a result of at most 4294967296 bytes, found \w+ \[.*\] of \d{13,}$/,
  );
  // It is not folded either: what its arena would be is told, and nothing is made.
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.arenaBytes).toBeGreaterThanOrEqual(LONG);
});
