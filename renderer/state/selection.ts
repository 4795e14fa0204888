// The one selection that all views share, and what else lights up with it.
// A tensor or node is of the model as imported; a step or buffer belongs to the plan shown.

import type { FusedGroup, PlanView } from '../../engine/report/types.ts';
import { type GraphIndex, present } from './graph-index.ts';

export type Selection =
  | { readonly kind: 'tensor'; readonly id: number }
  | { readonly kind: 'node'; readonly id: number }
  | { readonly kind: 'group'; readonly id: string }
  | { readonly kind: 'step'; readonly id: number }
  /** a plan row that is no tensor of the model: scratch */
  | { readonly kind: 'buffer'; readonly id: number };

export interface Highlight {
  readonly tensors: ReadonlySet<number>;
  readonly nodes: ReadonlySet<number>;
  readonly steps: ReadonlySet<number>;
  /** PlanTensor.id */
  readonly buffers: ReadonlySet<number>;
  readonly groups: ReadonlySet<string>;
}

const NOTHING: Highlight = {
  tensors: new Set(),
  nodes: new Set(),
  steps: new Set(),
  buffers: new Set(),
  groups: new Set(),
};

/** What to mark in every view for a selection. Nodes are marked with their results, steps with what they write. */
export function highlightOf(
  selection: Selection | undefined,
  index: GraphIndex,
  plan: PlanView | undefined,
  groups: readonly FusedGroup[],
): Highlight {
  if (!selection) return NOTHING;
  if (selection.kind === 'tensor' || selection.kind === 'buffer') return ofTensor(selection, plan);
  const nodes = nodesOf(selection, plan, groups);
  const steps = new Set(
    selection.kind === 'step'
      ? [selection.id]
      : (plan?.steps ?? []).filter(step => step.nodes.some(node => nodes.has(node))).map(step => step.index),
  );
  const tensors = new Set([...nodes].flatMap(node => present(index.nodes.get(node)?.outputs ?? [])));
  const buffers = (plan?.tensors ?? []).filter(row =>
    selection.kind === 'node'
      ? row.tensors.some(tensor => tensors.has(tensor))
      : row.writer !== undefined && steps.has(row.writer),
  );
  return {
    nodes,
    steps,
    tensors,
    buffers: new Set(buffers.map(row => row.id)),
    groups: new Set(groups.filter(group => group.nodes.some(node => nodes.has(node))).map(group => group.id)),
  };
}

function ofTensor(
  selection: Extract<Selection, { kind: 'tensor' | 'buffer' }>,
  plan: PlanView | undefined,
): Highlight {
  const rows = (plan?.tensors ?? []).filter(row =>
    selection.kind === 'tensor' ? row.tensors.includes(selection.id) : row.id === selection.id,
  );
  return {
    ...NOTHING,
    tensors: new Set(selection.kind === 'tensor' ? [selection.id] : rows.flatMap(row => row.tensors)),
    buffers: new Set(rows.map(row => row.id)),
    steps: new Set(present(rows.map(row => row.writer))),
  };
}

function nodesOf(
  selection: Extract<Selection, { kind: 'node' | 'group' | 'step' }>,
  plan: PlanView | undefined,
  groups: readonly FusedGroup[],
): ReadonlySet<number> {
  switch (selection.kind) {
    case 'node':
      return new Set([selection.id]);
    case 'group':
      return new Set(groups.find(group => group.id === selection.id)?.nodes ?? []);
    case 'step':
      return new Set(plan?.steps[selection.id]?.nodes ?? []);
  }
}

/** The selection for a row of a plan: the tensor it holds, or the row itself where it holds none. */
export const selectionOfRow = (row: {
  readonly id: number;
  readonly tensors: readonly number[];
}): Selection => {
  const [tensor] = row.tensors;
  return tensor === undefined ? { kind: 'buffer', id: row.id } : { kind: 'tensor', id: tensor };
};

export const sameSelection = (a: Selection | undefined, b: Selection | undefined): boolean =>
  a?.kind === b?.kind && a?.id === b?.id;

/** A step or buffer of one plan means nothing in another: what it stands for in the model is kept instead. */
export function withoutPlan(
  selection: Selection | undefined,
  plan: PlanView | undefined,
): Selection | undefined {
  if (selection?.kind !== 'step' && selection?.kind !== 'buffer') return selection;
  const node = selection.kind === 'step' ? plan?.steps[selection.id]?.nodes[0] : undefined;
  return node === undefined ? undefined : { kind: 'node', id: node };
}
