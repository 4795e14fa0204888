// The largest error of every fused group: two probe runs, as compiled and unfused without SIMD, whose groups' results
// are outputs. What a group reads differs already in the two, so its error has that of the groups before it in it.

import { consumersOf, valueOf } from '../ir/graph.ts';
import type { Graph, Tensor } from '../ir/types.ts';
import type { CompileOptions } from '../options.ts';
import type { FusedGroup, GroupError } from '../report/types.ts';
import { compareTensors } from '../runtime/compare-tensors.ts';

/** Tensors by name that a model gives, captured ones among them. */
export type Run = (options: CompileOptions) => Promise<readonly { name: string; tensor: Tensor }[]>;

/**
 * One entry per group that has a result of the graph as imported; `graph` is that one, `plain` are the options to
 * compare with.
 */
export async function groupErrors(
  graph: Graph,
  groups: readonly FusedGroup[],
  { options, plain }: { readonly options: CompileOptions; readonly plain: CompileOptions },
  run: Run,
): Promise<GroupError[]> {
  const results = new Map(groups.map(group => [group.id, resultsOf(graph, group)]));
  const capture = [...new Set([...results.values()].flat())];
  if (capture.length === 0) return [];
  const byName = (tensors: Awaited<ReturnType<Run>>) =>
    new Map(tensors.map(({ name, tensor }) => [name, tensor]));
  const fused = byName(await run({ ...options, capture }));
  const apart = byName(await run({ ...plain, capture }));
  return groups.flatMap(({ id }): GroupError[] => {
    const errors = (results.get(id) ?? []).flatMap(name => {
      const [got, wanted] = [fused.get(name), apart.get(name)];
      return got && wanted ? [compareTensors(got, wanted)] : [];
    });
    if (errors.length === 0) return [];
    return [
      {
        group: id,
        maxAbsError: Math.max(...errors.map(({ maxAbsError }) => maxAbsError)),
        maxRelError: Math.max(...errors.map(({ maxRelError }) => maxRelError)),
      },
    ];
  });
}

/** Names of what a group's operators make for others. */
function resultsOf(graph: Graph, { nodes }: FusedGroup): string[] {
  const members = new Set(nodes);
  const made = graph.nodes
    .filter(node => members.has(node.id))
    .flatMap(({ outputs }) => outputs.filter(id => id !== undefined));
  const read = made.filter(
    id => graph.outputs.includes(id) || consumersOf(graph, id).some(consumer => !members.has(consumer.id)),
  );
  return read.map(id => valueOf(graph, id).name).filter(name => name !== '');
}
