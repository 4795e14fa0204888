// Batch normalisation in inference is a scale and an offset per channel, or per element of a sample.

import { floatAttribute } from '../../ir/attributes.ts';
import { consumersOf } from '../../ir/graph.ts';
import { normalizesElements } from '../../ir/ops/layers/normalization.ts';
import type { Patch } from '../../ir/patch.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import { deriveFloats } from '../derive.ts';
import type { PassContext } from '../pass.ts';

const isUsed = (graph: Graph, id: ValueId | undefined): boolean =>
  id !== undefined && (consumersOf(graph, id).length > 0 || graph.outputs.includes(id));

/** x·s + t with s = scale / √(variance + ε), t = bias − mean·s, when all four are constant. */
export function normalizationAsScale(node: Node, patch: Patch, { read }: PassContext): void {
  const [x, ...parameters] = node.inputs;
  const [output] = node.outputs;
  if (x === undefined || output === undefined || node.outputs.slice(1).some(id => isUsed(patch.graph, id)))
    return;
  const { shape, dtype } = patch.get(x);
  const constants = parameters.flatMap(id => (id === undefined ? [] : (patch.get(id).constant ?? [])));
  if (constants.length !== 4 || !shape || shape.length < 2 || dtype !== 'float32') return;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const inner = shape.slice(2);
  const extents = [shape[1] ?? 1, ...(normalizesElements(node) ? inner : inner.map(() => 1))];
  const derive = (how: string, compute: (s: number, bias: number, mean: number) => number) =>
    deriveFloats(`${how} ${epsilon}`, extents, constants, read, (scale, bias, mean, variance) =>
      scale.map((value, c) => {
        const factor = value / Math.sqrt((variance[c] ?? 0) + epsilon);
        return compute(factor, bias[c] ?? 0, mean[c] ?? 0);
      }),
    );
  const scale = patch.constant(
    `${node.name}/scale`,
    derive('normalisation scale', s => s),
  );
  const offset = patch.constant(
    `${node.name}/offset`,
    derive('normalisation offset', (s, bias, mean) => bias - mean * s),
  );
  const scaled = patch.value({ name: `${node.name}/scaled`, dtype, shape });
  patch.replace(node, [
    { op: 'Mul', version: 14, inputs: [x, scale], outputs: [scaled] },
    { op: 'Add', version: 14, inputs: [scaled, offset], outputs: [output] },
  ]);
}
