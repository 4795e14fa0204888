// What shape inference tells of a model: findings at nodes, and what of those in a body concerns a run.

import { placeOf } from '../../ir/attributes.ts';
import type { Diagnostic, Graph, Node } from '../../ir/types.ts';

const LONGEST_LIST = 8;
const LONGEST_NAME = 80;
const LONGEST_MESSAGE = 1000;

/** A finding at a node. */
export function findingAt(
  node: Node,
  severity: Diagnostic['severity'],
  id: string,
  message: string,
): Diagnostic {
  const where = placeOf({ ...node, op: shortened(node.op), name: shortened(node.name) });
  return { severity, id, where, message: shortened(message, LONGEST_MESSAGE), node: node.id };
}

/** Names come from the file, and so may be of any length. */
const shortened = (text: string, longest = LONGEST_NAME): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** Plans show the arena: a finding says what is not in it because of its kind. */
export function outsideArena(graph: Graph): Diagnostic[] {
  const found = graph.values.filter(
    value => value && !value.constant && (value.container || value.dtype === 'string'),
  );
  if (found.length === 0) return [];
  const names = found.slice(0, LONGEST_LIST).map(value => `"${value?.name}"`);
  if (found.length > names.length) names.push(`… ${found.length} in all`);
  const message =
    'strings and containers have no place in the arena: they are held beside it, and plans leave them out';
  return [{ severity: 'info', id: 'outside-arena', where: names.join(', '), message }];
}

/**
 * What was found in a body, as far as it concerns a run: a branch that is never taken concerns none, and one that
 * may be left out (exporters write branches for shapes that the others do not have) is wrong only where it is taken.
 * `condition` is that of an If, where it is known.
 */
export function findingsInBody(
  node: Node,
  attribute: string,
  condition: boolean | undefined,
  found: readonly Diagnostic[],
): readonly Diagnostic[] {
  if (node.op !== 'If') return found;
  if (condition === undefined) {
    return found.map(finding =>
      finding.id === 'invalid-node' ? { ...finding, severity: 'warning' } : finding,
    );
  }
  return attribute === (condition ? 'then_branch' : 'else_branch') ? found : [];
}
