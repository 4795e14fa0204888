// What is known of a number in an expression: that it is whole and lies between two bounds, as what is about to be
// stored in few bits does.

import type { Expression } from './types.ts';

/** Whether the nodes' float32 values are whole numbers (or NaN). */
function wholeNodes({ nodes }: Expression): boolean[] {
  const whole: boolean[] = [];
  for (const node of nodes) {
    if (node.kind === 'constant') whole.push(Number.isInteger(node.value));
    else if (node.kind === 'input') whole.push(node.type === 'i32');
    else if (['round', 'floor', 'ceil', 'trunc', 'toI32'].includes(node.op)) whole.push(true);
    else {
      const keeps = ['add', 'sub', 'min', 'max', 'neg', 'abs', 'toF32'].includes(node.op);
      whole.push(keeps && node.args.every(arg => whole[arg]));
    }
  }
  return whole;
}

/**
 * For each node: whether it is a whole number of at most `bits` bits and a sign, or NaN. Bounds are those of a clamp.
 */
export function clampedWhole(expression: Expression, bits: number): boolean[] {
  const { nodes } = expression;
  const whole = wholeNodes(expression);
  const bounded = (id: number, op: 'min' | 'max'): number | undefined => {
    const node = nodes[id];
    if (node?.kind !== 'apply' || node.op !== op) return undefined;
    const bound = node.args.map(arg => nodes[arg]).find(arg => arg?.kind === 'constant');
    const inside = bound?.kind === 'constant' && Math.abs(bound.value) <= 2 ** bits;
    return inside ? node.args.find(arg => nodes[arg] !== bound) : undefined;
  };
  return nodes.map((_, id) => {
    const [least, most] = [bounded(id, 'max'), bounded(id, 'min')];
    const both =
      (most !== undefined && bounded(most, 'max') !== undefined) ||
      (least !== undefined && bounded(least, 'min') !== undefined);
    return both && whole[id] === true;
  });
}
