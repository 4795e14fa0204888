// Groups without an anchor: their expression over the box that all results share.

import type { Group } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import { eachAxis } from '../access.ts';
import { epilogueOf, required, type SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec.ts';

export function selectElementwise(context: SelectContext, group: Group): KernelSpec[] {
  const [first] = group.outputs;
  const shape = first === undefined ? [] : (valueOf(context.graph, first).shape ?? []);
  const body = required(epilogueOf(context, group, shape, eachAxis(shape)), group.id);
  return [{ kind: 'elementwise', extents: shape, body }];
}
