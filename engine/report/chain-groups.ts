// Chains in the list of groups: what their steps read and write apart, and what is left of it when of the tensors
// between them only rows exist.

import { valueOf } from '../ir/graph.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { ChainSummary } from '../select/chain-step.ts';
import type { StepDraft } from '../select/step.ts';
import type { Untitled } from './fused-groups.ts';
import type { FusedGroup } from './types/compile.ts';

/** One group per chain; `steps` are the model's steps without chains. */
export function chainGroups(
  graph: Graph,
  steps: readonly StepDraft[],
  chains: readonly ChainSummary[],
): Untitled<FusedGroup>[] {
  return chains.map(({ id, members, ops, kept, tensorBytes, ringBytes, extraMultiplyAdds, reasons }) => {
    const own = steps.filter(({ name }) => members.includes(name));
    const gone = new Set(kept);
    const elements = (ids: readonly ValueId[], stays: (name: string) => boolean): number =>
      ids.reduce((sum, value) => {
        const { name, shape } = valueOf(graph, value);
        return stays(name) ? sum + elementCount(shape ?? []) : sum;
      }, 0);
    const accesses = (stays: (name: string) => boolean) => ({
      reads: own.reduce((sum, { reads }) => sum + elements(reads, stays), 0),
      writes: own.reduce((sum, { writes }) => sum + elements(writes, stays), 0),
    });
    const loops = own.reduce((sum, { flops }) => sum + flops / 2, 0);
    return {
      id,
      nodes: [...new Set(own.flatMap(({ origin }) => origin))],
      ops,
      anchorOp: 'Chain',
      expression: `${members.join(' → ')}, row by row`,
      reasons,
      kernel: 'chain',
      before: { loops, ...accesses(() => true) },
      after: { loops: loops + extraMultiplyAdds, ...accesses(name => !gone.has(name)) },
      vanishedBytes: Math.max(0, tensorBytes - ringBytes),
    };
  });
}
