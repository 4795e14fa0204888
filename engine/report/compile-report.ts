// What compiling did, for reports and the app: groups with their accounting, and the plan in two columns.
// Ids in here are those of the graph as imported; values that passes made are left out.

import { ADDRESSABLE_BYTES } from '../ir/tensor.ts';
import type { Graph } from '../ir/types.ts';
import type { PlanControl } from '../planner/plan.ts';
import type { Program } from '../runtime/program.ts';
import type { Untitled } from './fused-groups.ts';
import { executedView, givenView } from './plan-view.ts';
import { stepTitle, titledNodes } from './step-title.ts';
import type {
  CompileReport,
  DepthFirstChain,
  FusedGroup,
  LoneKernel,
  ModelAccount,
} from './types/compile.ts';
import type { PlanView } from './types/plan.ts';

export interface ReportParts {
  /** as it came in */
  readonly imported: Graph;
  /** constants folded, nothing else: the graph as given */
  readonly given: Graph;
  readonly program: Program;
  readonly groups: readonly Untitled<FusedGroup>[];
  readonly apart: readonly Untitled<LoneKernel>[];
  readonly account: ModelAccount;
  readonly chains: readonly DepthFirstChain[];
  readonly control: PlanControl;
}

/** A view that names only tensors of the graph as imported, none that passes made. */
export function ofImported(imported: Graph, view: PlanView): PlanView {
  const tensors = view.tensors.map(tensor => ({
    ...tensor,
    tensors: tensor.tensors.filter(id => id < imported.values.length),
  }));
  return { ...view, tensors };
}

/** All that the app and the command line show of a compilation. */
export function compileReport(parts: ReportParts): CompileReport {
  const { imported, given, program, groups, apart, account, chains, control } = parts;
  const { options, steps } = program;
  const known = titledNodes(imported);
  const executed = executedView(steps, program.plan, options.planner, known);
  const interpreted: Record<string, number> = {};
  steps.forEach(({ kind, op }, at) => {
    if (kind !== 'reference') return;
    const title = executed.steps[at]?.title ?? op;
    interpreted[title] = (interpreted[title] ?? 0) + 1;
  });
  const titled = groups.map(group => ({ ...group, title: stepTitle(group.nodes, group.ops, known) }));
  // What runs row by row with others is not alone.
  const chained = new Set(chains.flatMap(({ id }) => groups.find(group => group.id === id)?.nodes ?? []));
  const single = apart.filter(({ nodes }) => !nodes.some(node => chained.has(node)));
  const alone = single.map(lone => ({ ...lone, title: stepTitle(lone.nodes, [lone.op], known) }));
  return {
    options,
    steps: program.compileSteps.map(({ name, durationMs, count }) => ({ name, ms: durationMs, count })),
    groups: titled,
    ...(alone.length > 0 && { apart: alone }),
    account,
    ...(chains.length > 0 && { chains }),
    operators: given.nodes.length,
    kernels: steps.filter(({ kind }) => kind !== 'reference').length,
    interpreted,
    asGiven: ofImported(imported, givenView(given, options.planner, control)),
    asExecuted: ofImported(imported, executed),
    weightsBytes: program.weightsBytes,
    moduleBytes: program.module.length,
    ...(program.weightsBytes + program.arenaBytes > ADDRESSABLE_BYTES && { beyondBytes: ADDRESSABLE_BYTES }),
  };
}
