// Groups become steps: kernel specifications where there is a template, the reference interpreter elsewhere. One
// entry per kind of kernel; each turns a group into one or more specifications that run one after the other.

import type { KindedGroup } from '../fusion/groups.ts';
import type { KernelKind } from '../fusion/support.ts';
import type { Group } from '../fusion/types.ts';
import { unsealed } from '../ir/dynamic.ts';
import { capturesOf } from '../ir/graph.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Leanness } from '../options.ts';
import type { SelectContext } from './context.ts';
import { flopsOf, valueBytes } from './cost.ts';
import { selectAttention } from './kernels/attention.ts';
import { selectConvolution, selectDepthwise } from './kernels/convolution.ts';
import { selectCumulate } from './kernels/cumulate.ts';
import { selectElementwise } from './kernels/elementwise.ts';
import { selectExtreme } from './kernels/extreme.ts';
import { selectGather, selectScatter } from './kernels/indexed.ts';
import { selectLrn } from './kernels/lrn.ts';
import { selectMatmul } from './kernels/matmul.ts';
import { selectMovement } from './kernels/movement.ts';
import { selectPool } from './kernels/pool.ts';
import { selectRecurrent } from './kernels/recurrent.ts';
import { selectNormalize, selectReduce, selectSoftmax } from './kernels/reduce.ts';
import { selectResize } from './kernels/resize.ts';
import { selectSuppression } from './kernels/suppression.ts';
import { selectTopK } from './kernels/top-k.ts';
import { selectTransposed } from './kernels/transposed.ts';
import { selectTrees } from './kernels/trees.ts';
import { storedMatrix } from './packed-weights.ts';
import type { KernelSpec } from './spec/kernel.ts';
import { inStrips, type StepDraft } from './step.ts';
import { sparedFlops } from './winograd.ts';

type Selector = (context: SelectContext, group: Group, anchor: Node) => KernelSpec[];

const SELECTORS: Readonly<Record<Exclude<KernelKind, 'elementwise'>, Selector>> = {
  convolution: selectConvolution,
  depthwise: selectDepthwise,
  transposed: selectTransposed,
  matmul: selectMatmul,
  pool: selectPool,
  reduce: selectReduce,
  softmax: selectSoftmax,
  attention: selectAttention,
  normalize: selectNormalize,
  resize: selectResize,
  recurrent: selectRecurrent,
  gather: (context, _group, anchor) => selectGather(context, anchor),
  scatter: (context, _group, anchor) => selectScatter(context, anchor),
  topk: selectTopK,
  extreme: (context, _group, anchor) => selectExtreme(context, anchor),
  suppression: (context, _group, anchor) => selectSuppression(context, anchor),
  cumulate: (context, _group, anchor) => selectCumulate(context, anchor),
  trees: (context, _group, anchor) => selectTrees(context, anchor),
  lrn: (context, _group, anchor) => selectLrn(context, anchor),
  movement: (context, _group, anchor) => selectMovement(context, anchor),
};

/** A group and the step that runs it. */
export interface SelectedGroup {
  readonly group: Group;
  readonly step: StepDraft;
}

/** How little memory a group's step is to take. */
export type LeanChoice = (group: Group) => Leanness;

/** A step per group, in their order, but for groups that move nothing. */
export function selectSteps(
  context: Omit<SelectContext, 'lean'>,
  groups: readonly KindedGroup[],
  lean: LeanChoice = () => 'off',
): SelectedGroup[] {
  const nodes = new Map(context.graph.nodes.map(node => [node.id, node]));
  const select = ({ group, kind }: KindedGroup): SelectedGroup[] => {
    const members = group.nodes.flatMap(id => nodes.get(id) ?? []);
    const [only] = members;
    if (kind === undefined) {
      if (!only) throw new Error(`group ${group.id} has no members`);
      return [{ group, step: referenceStep(context.graph, only) }];
    }
    const leanness = lean(group);
    const selected = kernelStep({ ...context, lean: leanness }, group, kind, members);
    const step = leanness === 'off' ? selected : inStrips(selected);
    return step.kind === 'kernel' && step.kernels.length === 0 ? [] : [{ group, step }];
  };
  const selected = new Map(storingOrder(context, groups).map(one => [one, select(one)]));
  return groups.flatMap(one => selected.get(one) ?? []);
}

/**
 * The order in which groups say how their weights are stored. Of several that read the same weights, the one with the
 * most work goes first, and the others read what is stored for it; who only looks elements up goes last.
 */
function storingOrder(
  { graph, weights }: Omit<SelectContext, 'lean'>,
  groups: readonly KindedGroup[],
): KindedGroup[] {
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  const matricesOf = ({ group }: KindedGroup): string[] =>
    group.nodes.flatMap(id => {
      const constants = (nodes.get(id)?.inputs ?? []).map(input => graph.values[input ?? -1]);
      return constants.flatMap(value =>
        value?.constant && (value.shape?.length ?? 0) > 1
          ? [weights.keyOf(storedMatrix(value.constant, false).constant)]
          : [],
      );
    });
  const readers = new Map<string, number>();
  for (const one of groups)
    for (const key of new Set(matricesOf(one))) readers.set(key, (readers.get(key) ?? 0) + 1);
  const ranked = groups.map((one, index) => {
    const shared = matricesOf(one).some(key => (readers.get(key) ?? 0) > 1);
    const work = one.group.nodes.reduce((sum, id) => {
      const node = nodes.get(id);
      return sum + (node ? flopsOf(graph, node) : 0);
    }, 0);
    return { one, index, work: !shared ? 0 : one.kind === 'gather' ? -1 : work };
  });
  return ranked.sort((a, b) => b.work - a.work || a.index - b.index).map(({ one }) => one);
}

function kernelStep(
  context: SelectContext,
  group: Group,
  kind: KernelKind,
  members: readonly Node[],
): StepDraft {
  const { graph } = context;
  const anchor = members.find(node => node.id === group.anchor);
  const kernels =
    kind === 'elementwise' || !anchor
      ? selectElementwise(context, group)
      : SELECTORS[kind](context, group, anchor);
  const reads = readsOf(group, members, kind);
  const sum = (ids: readonly ValueId[]) => ids.reduce((total, id) => total + valueBytes(graph, id), 0);
  const [template = 'none'] = [...new Set(kernels.map(kernel => kernel.kind))];
  const spared = kernels.reduce((total, spec) => total + sparedFlops(spec), 0);
  return {
    kind: 'kernel',
    template: kind === 'movement' ? 'copy' : template,
    kernels,
    name: anchor?.name ?? group.id,
    op:
      kind === 'attention'
        ? 'Attention'
        : (anchor?.op ?? (members.length === 1 ? (members[0]?.op ?? '') : 'Elementwise')),
    fusedOps: members.map(node => node.op),
    origin: [...new Set(members.flatMap(node => node.origin))],
    ...((members.length > 1 || anchor?.attributes.widths) && { group: group.id }),
    reads,
    writes: group.outputs,
    flops: members.reduce((total, node) => total + flopsOf(graph, node), 0),
    ...(spared > 0 && { sparedFlops: spared }),
    bytesRead: sum(reads),
    bytesWritten: sum(group.outputs),
  };
}

/** Values from outside the group, each once; what only tells shapes or amounts is not read. */
function readsOf(group: Group, members: readonly Node[], kind: KernelKind): ValueId[] {
  const own = new Set(members.flatMap(node => node.outputs));
  const inputs = members.flatMap(node => {
    const moves = kind === 'movement' && node.op !== 'Concat';
    return moves || node.op === 'Resize' || node.op.startsWith('Reduce')
      ? node.inputs.slice(0, 1)
      : node.inputs;
  });
  const values = [...inputs, ...group.postOperands.map(operand => operand.value)];
  return [...new Set(values)].filter(id => id !== undefined).filter(id => !own.has(id));
}

/** The node as the interpreter runs it: one step, on its values' own memory. */
function referenceStep(graph: Graph, asPassed: Node): StepDraft {
  const node = unsealed(asPassed);
  const reads = [...new Set([...node.inputs, ...capturesOf(graph, node)])].filter(id => id !== undefined);
  const writes = node.outputs.filter(id => id !== undefined);
  const bytes = (ids: typeof reads) => ids.reduce((sum, id) => sum + valueBytes(graph, id), 0);
  return {
    kind: 'reference',
    node,
    name: node.name,
    op: node.op,
    fusedOps: [node.op],
    origin: node.origin,
    reads,
    writes,
    flops: flopsOf(graph, node),
    bytesRead: bytes(reads),
    bytesWritten: bytes(writes),
  };
}

/** A step per node, all interpreted. */
export const referenceSteps = (graph: Graph): StepDraft[] =>
  graph.nodes.map(node => referenceStep(graph, node));
