// The graph after each pass that changes it, as text, for small graphs that exercise the passes. After a change that
// is meant: `npx vitest run --config test/vitest.config.ts -u test/engine/passes/golden`.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { printGraph } from '../../../engine/ir/print.ts';
import { verify } from '../../../engine/ir/verify.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { PASSES } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const GRAPHS: Readonly<Record<string, (graph: TestGraph) => void>> = {
  /** Conv–BatchNorm–Relu twice with a residual, then a classifier: scales go into weights, pixels innermost */
  residual: graph => {
    const x = graph.input('x', 'float32', [1, 3, 8, 8]);
    const convolve = (from: typeof x, channels: number) => {
      const same = { pads: attr.ints([1, 1, 1, 1]) };
      const conv = graph.node('Conv', [from, graph.weight([4, channels, 3, 3])], { attributes: same });
      const parameters = [graph.weight([4]), graph.weight([4]), graph.weight([4])];
      return graph.node('BatchNormalization', [conv, ...parameters, graph.constant('v', ones(4))]);
    };
    const first = graph.node('Relu', [convolve(x, 3)]);
    const sum = graph.node('Add', [convolve(first, 4), first]);
    const pooled = graph.node('GlobalAveragePool', [graph.node('Dropout', [sum])]);
    const flat = graph.node('Flatten', [pooled]);
    const attributes = { alpha: attr.float(2), beta: attr.float(0.5), transB: attr.int(1) };
    graph.output(graph.node('Gemm', [flat, graph.weight([10, 4]), graph.weight([10])], { attributes }));
  },
  /** shapes computed in the graph, transposes that cancel, a node that occurs twice, an output that is constant */
  shapes: graph => {
    const x = graph.input('x', 'float32', [2, 3, 4]);
    const shape = graph.node('Shape', [x]);
    const batch = graph.node('Gather', [shape, graph.ints(0)]);
    const target = graph.node('Concat', [batch, graph.ints(-1)], { attributes: { axis: attr.int(0) } });
    const flat = graph.node('Reshape', [x, target]);
    const turned = graph.node('Transpose', [x], { attributes: { perm: attr.ints([0, 2, 1]) } });
    const back = graph.node('Transpose', [turned], { attributes: { perm: attr.ints([0, 2, 1]) } });
    const [a, b] = [graph.node('Abs', [back]), graph.node('Abs', [x])];
    graph.output(graph.node('Add', [a, b]));
    graph.output(graph.node('Identity', [flat]));
    graph.output(target);
  },
  /** what the interpreter runs needs row-major tensors: the layout pass puts a copy before it */
  interpreted: graph => {
    const x = graph.input('x', 'float32', [1, 2, 4, 4]);
    const conv = graph.node('Conv', [x, graph.weight([4, 2, 1, 1])]);
    const relu = graph.node('Relu', [conv]);
    const inverse = graph.node('com.microsoft.Inverse', [relu]);
    graph.output(graph.node('Conv', [inverse, graph.weight([2, 4, 1, 1])]));
  },
};

const ones = (count: number) => ({
  dtype: 'float32' as const,
  shape: [count],
  data: new Float32Array(count).fill(1),
});

const folder = fileURLToPath(new URL('../../golden/', import.meta.url));

for (const [name, build] of Object.entries(GRAPHS)) {
  test(`${name} after each pass`, async () => {
    const builder = new TestGraph(name);
    build(builder);
    let graph = inferred(builder);
    let text = printGraph(graph);
    let before = text;
    for (const pass of PASSES) {
      graph = pass.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });
      verify(graph, pass.name);
      const after = printGraph(graph);
      if (after !== before) text += `\n--- ${pass.name}\n${after}`;
      before = after;
    }
    await expect(text).toMatchFileSnapshot(`${folder}${name}.ir`);
  });
}

test('every golden file belongs to a graph', () => {
  const files = readdirSync(folder).filter(file => file.endsWith('.ir'));
  expect(files.sort()).toEqual(
    Object.keys(GRAPHS)
      .map(name => `${name}.ir`)
      .sort(),
  );
});
