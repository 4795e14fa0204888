import { describe, expect, test } from 'vitest';
import { constantShape, loadConstant } from '../../../engine/ir/constants/constant.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Constant, Graph } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { foldConstants } from '../../../engine/passes/fold-constants.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const folded = (graph: TestGraph): Graph =>
  foldConstants.run(inferred(graph), { read: noFiles, options: DEFAULT_OPTIONS });
const opsOf = (graph: Graph): readonly string[] => graph.nodes.map(({ op }) => op);

/** The constant that the graph's one addition reads. */
function addedTo(graph: Graph): Constant {
  const id = graph.nodes.find(({ op }) => op === 'Add')?.inputs[1];
  const constant = id === undefined ? undefined : graph.values[id]?.constant;
  if (!constant) throw new Error('no constant is added');
  return constant;
}

/** x + −(w + w), for a w of so many elements. */
function negatedSum(elements: number): Graph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [elements]);
  const ramp = Array.from({ length: elements }, (_, i) => i);
  const w = graph.constant('w', tensorOf('float32', [elements], ramp));
  graph.output(graph.node('Add', [x, graph.node('Neg', [graph.node('Mul', [w, w])])]));
  return folded(graph);
}

describe('what depends on constants only', () => {
  test.each([
    [3, 'inline'],
    [65_536, 'inline'],
    [65_537, 'computed'],
  ] as const)('is one: of %i elements %s', (elements, kind) => {
    const graph = negatedSum(elements);
    expect(opsOf(graph)).toEqual(['Add']);
    const constant = addedTo(graph);
    expect(constant).toMatchObject({ kind, recipe: { how: expect.stringMatching(/^Neg /) } });
    expect(constantShape(constant)).toEqual([elements]);
    expect([...loadConstant(constant, noFiles).data.slice(0, 3)]).toEqual([-0, -1, -4]);
  });

  test('is copied where it is what the graph gives', () => {
    const graph = new TestGraph();
    const w = graph.constant('w', tensorOf('float32', [2], [1, -2]));
    graph.output(graph.node('Abs', [w]));
    const result = folded(graph);
    expect(opsOf(result)).toEqual(['Identity']);
    expect(result.values[result.outputs[0] ?? -1]?.constant).toBeUndefined();
  });
});

test('random numbers stay: they are others in every run', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [4]);
  const shape = { attributes: { shape: attr.ints([4]) } };
  graph.output(graph.node('Add', [x, graph.node('RandomNormal', [], shape)]));
  expect(opsOf(folded(graph))).toEqual(['RandomNormal', 'Add']);
});

describe('constants made alike', () => {
  /** How a constant was made of a weight of six elements. */
  const recipeOf = (op: string, attributes: Parameters<TestGraph['node']>[2]) => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1]);
    const w = graph.constant('w', tensorOf('float32', [2, 3], [1, 2, 3, 4, 5, 6]));
    graph.output(graph.node('Add', [x, graph.node(op, [w], attributes)]));
    const constant = addedTo(folded(graph));
    return constant.kind === 'file' ? undefined : constant.recipe;
  };

  test('say by which order of axes', () => {
    expect(recipeOf('Transpose', {})).toMatchObject({ how: 'axes', order: [1, 0] });
    expect(recipeOf('Transpose', { attributes: { perm: attr.ints([0, 1]) } })).toMatchObject({
      order: [0, 1],
    });
  });

  test('say by which attributes', () => {
    const clamped = (alpha: number) => recipeOf('LeakyRelu', { attributes: { alpha: attr.float(alpha) } });
    expect(clamped(0.5)?.how).toBe(clamped(0.5)?.how);
    expect(clamped(0.5)?.how).not.toBe(clamped(0.25)?.how);
  });
});

test('what nobody reads is left out, where nothing is folded too', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [4]);
  graph.node('Exp', [graph.node('Sigmoid', [x])]);
  graph.output(graph.node('Relu', [x]));
  expect(opsOf(folded(graph))).toEqual(['Relu']);
});
