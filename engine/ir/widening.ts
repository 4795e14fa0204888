// Numbers stored in few bits, and what makes them wider.

import { dtypeInfo } from './dtypes.ts';
import { valueOf } from './graph.ts';
import type { Graph, Node } from './types.ts';

const WIDENING: ReadonlySet<string> = new Set(['Cast', 'DequantizeLinear', 'com.microsoft.DequantizeLinear']);

/** Whether the node makes numbers of 8 or 16 bits wider. Truth values become numbers wherever they are computed. */
export function widens(graph: Graph, { op, inputs, outputs }: Node): boolean {
  const [from, to] = [inputs[0], outputs[0]].map(id => (id === undefined ? undefined : valueOf(graph, id)));
  if (!WIDENING.has(op) || !from?.dtype || !to?.dtype || from.constant || from.dtype === 'bool') return false;
  return dtypeInfo(from.dtype).bits <= 16 && dtypeInfo(to.dtype).bits === 32;
}
