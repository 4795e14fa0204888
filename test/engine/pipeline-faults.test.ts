// Who is told off for a node that contradicts its operator while compiling: the model, or a pass of ours.

import { describe, expect, test } from 'vitest';
import { AttributeError, NodeError } from '../../engine/ir/attributes.ts';
import { isGiven } from '../../engine/ir/fault.ts';
import { attr } from '../../engine/ir/graph.ts';
import { ShapeError } from '../../engine/ir/ops/errors.ts';
import type { Attribute, Graph, Node, NodeId } from '../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { Tiles } from '../../engine/select/tile-choice.ts';
import { inferred, noFiles, TestGraph } from '../support/build-graph.ts';

const compiled = (graph: Graph, tiles = new Tiles()) =>
  compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0, tiles });

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function withNode(op: string, attributes: Record<string, Attribute>): Graph {
  const graph = new TestGraph(op);
  const x = graph.input('x', 'float32', [4, 4]);
  const inputs = op === 'Gemm' ? [x, graph.weight([4, 4])] : [x];
  graph.output(graph.node(op, inputs, { name: 'strange', attributes }));
  return inferred(graph);
}

test.each([
  ['LeakyRelu', { alpha: attr.int(1) }, 'attribute alpha should be of type float, found int'],
  ['Gemm', { alpha: attr.int(2) }, 'attribute alpha should be of type float, found int'],
  ['HardSigmoid', { beta: attr.int(1) }, 'attribute beta should be of type float, found int'],
])('%s with an attribute of another type is the fault of the model', (op, attributes, message) => {
  const error = thrown(() => compiled(withNode(op, attributes)));
  expect(error).toBeInstanceOf(AttributeError);
  expect(String(error)).toContain(`${op} "strange" of opset 21: ${message}`);
});

/** Compiles a product while choosing its tile throws. */
function failingStep(error: (given: Node) => Error): unknown {
  const graph = withNode('Gemm', {});
  const [given] = graph.nodes;
  if (!given) throw new Error('a graph of one node has none');
  class FailingTiles extends Tiles {
    override for(): never {
      throw error(given as Node);
    }
  }
  return thrown(() => compiled(graph, new FailingTiles()));
}

test('a node as the model has it is the fault of the model in every step', () => {
  const error = failingStep(given => new ShapeError('does not fit', { ...given, id: 7 as NodeId }));
  expect(error).toBeInstanceOf(NodeError);
});

test.each<[string, (given: Node) => Node]>([
  ['of another operator', given => ({ ...given, op: 'MatMul' })],
  ['with another attribute', given => ({ ...given, attributes: { transB: attr.int(1) } })],
  ['that stands for nothing', given => ({ ...given, origin: [] })],
])('a node %s is our fault, and the step is named', (_, changed) => {
  const error = failingStep(given => new ShapeError('does not fit', changed(given)));
  expect(error).not.toBeInstanceOf(NodeError);
  expect(String(error)).toMatch(/in step 'select', on a node that passes made: .*does not fit/);
});

describe('an attribute', () => {
  const graph = withNode('LeakyRelu', { alpha: attr.int(1) });
  const [given] = graph.nodes;
  const error = (op: string, attributes: Node['attributes'], attribute = 'alpha') =>
    new AttributeError(attribute, 'wrong', { ...(given as Node), op, attributes });

  test('that was there already is the fault of the model, whoever reads it', () =>
    expect(isGiven(error('PRelu', { alpha: given?.attributes.alpha ?? attr.int(1) }), graph)).toBe(true));
  test('that was changed is not', () =>
    expect(isGiven(error('LeakyRelu', { alpha: attr.int(2) }), graph)).toBe(false));
  test('that another operator misses is not', () =>
    expect(isGiven(error('Clip', {}, 'min'), graph)).toBe(false));
});
