// Six tensors of 100 bytes, the smallest example in which reusing memory takes some thought: without reuse they take
// 600 bytes, and 300 are enough. Layers run in the order 1, 2, 4, 3, 5.

import { GraphBuilder } from '../ir/graph.ts';
import type { Model } from '../ir/types.ts';

/** A: float32 [25] → F: float32 [25]. */
export function sixTensors(): Model {
  const graph = new GraphBuilder('six-tensors', { version: 17 });
  const a = graph.input('A', 'float32', [25]);
  const b = graph.node('Relu', [a], { name: '1', outputs: ['B'] });
  const c = graph.node('Sigmoid', [b], { name: '2', outputs: ['C'] });
  const e = graph.node('Tanh', [c], { name: '4', outputs: ['E'] });
  const d = graph.node('Neg', [c], { name: '3', outputs: ['D'] });
  graph.output(graph.node('Add', [d, e], { name: '5', outputs: ['F'] }));
  return {
    graph: graph.build(),
    format: 'sample',
    irVersion: 8,
    opsets: { '': 17 },
    producer: 'arenascope',
    metadata: {},
    diagnostics: [],
  };
}
