// How many operators there are, where two counts of them differ.

import { counted } from '../../engine/report/counted.ts';
import { formatInteger } from './units.ts';

/**
 * What is left to execute of the nodes in the file: '553 operators (of 557 nodes, the constant ones folded)'. The model's
 * panel and the graph count nodes, plans and groups count operators.
 */
export function operatorsText(operators: number, nodes: number): string {
  const text = counted(operators, 'operator');
  if (operators === nodes) return text;
  const why = operators < nodes ? 'the constant ones folded' : 'functions written out';
  return `${text} (of ${formatInteger(nodes)} nodes, ${why})`;
}
