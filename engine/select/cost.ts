// What a node costs by its shapes alone: floating-point operations (a multiply-add counts two) and bytes.

import { operandShape, valueOf } from '../ir/graph.ts';
import { elementCount, tensorBytes } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';

/** Stored bytes of a value; 0 while its type is unknown. */
export function valueBytes(graph: Graph, id: ValueId): number {
  const { dtype, shape } = valueOf(graph, id);
  return dtype && shape ? tensorBytes(dtype, shape) : 0;
}

/**
 * Nominal operations of one node; movements count none, other operators one per element they touch. What has bodies
 * counts none itself: which of them run, and how often, is known when they have run.
 */
export function flopsOf(graph: Graph, node: Node): number {
  const input = operandShape(graph, node.inputs[0]);
  const weight = operandShape(graph, node.inputs[1]);
  const output = operandShape(graph, node.outputs[0]);
  switch (node.op) {
    case 'Conv':
    case 'com.microsoft.FusedConv':
      return 2 * elementCount(output) * elementCount(weight.slice(1));
    case 'ConvTranspose':
      return 2 * elementCount(input) * elementCount(weight.slice(1));
    case 'Gemm':
    case 'MatMul':
      return 2 * elementCount(output) * (input.at(-1) ?? 1);
    case 'Recurrent':
      // Gates [time, batch, direction · gate · hidden], each a product with the hidden state.
      return 2 * elementCount(input) * (weight.at(-1) ?? 1);
    case 'MaxPool':
    case 'AveragePool': {
      const kernel = node.attributes.kernel_shape;
      return elementCount(output) * (kernel?.type === 'ints' ? elementCount(kernel.value) : 1);
    }
    case 'Block':
    case 'If':
    case 'Loop':
    case 'Scan':
    case 'Relayout':
    case 'Reshape':
    case 'Transpose':
    case 'Concat':
    case 'Slice':
    case 'Split':
    case 'Pad':
    case 'Expand':
    case 'Gather':
    case 'Identity':
    case 'DepthToSpace':
    case 'SpaceToDepth':
    case 'Tile':
      return 0;
    default:
      return Math.max(elementCount(output), elementCount(input));
  }
}
