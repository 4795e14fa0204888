// The largest error of every fused group: what the run itself gave for the model's outputs, and between them two probe
// runs, as compiled and unfused without SIMD, whose groups' results are outputs. A probe leaves alone what exists only
// as rows: the error of that is in what the chain stores. What a group reads differs already in the two, so its error
// has that of the groups before it in it.

import { consumersOf, valueOf } from '../../ir/graph.ts';
import type { Graph, Tensor } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { FusedGroup } from '../../report/types/compile.ts';
import type { GroupError } from '../../report/types/run.ts';
import { compareTensors } from '../../runtime/compare-tensors.ts';

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** What a model gives when it is compiled so, captured values among it. */
export type Run = (options: CompileOptions) => Promise<readonly NamedTensor[]>;

/** A run that is to be looked at, and what to compare it with. */
export interface ComparedRun {
  readonly options: CompileOptions;
  readonly plain: CompileOptions;
  /** what it gave */
  readonly outputs: readonly NamedTensor[];
  /** names of tensors of which only rows exist in it */
  readonly kept: readonly string[];
}

/** One entry per group that stores a result of the graph as imported; `graph` is that one. */
export async function groupErrors(
  graph: Graph,
  groups: readonly FusedGroup[],
  { options, plain, outputs, kept }: ComparedRun,
  run: Run,
): Promise<GroupError[]> {
  const rows = new Set(kept);
  const results = new Map(
    groups.map(group => [group.id, resultsOf(graph, group).filter(name => !rows.has(name))]),
  );
  const capture = [...new Set([...results.values()].flat())];
  if (capture.length === 0) return [];
  const byName = (tensors: readonly NamedTensor[]) =>
    new Map(tensors.map(({ name, tensor }) => [name, tensor]));
  // A probe may be planned otherwise than the run, and be right where that is wrong.
  const fused = byName([...(await run({ ...options, capture })), ...outputs]);
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
