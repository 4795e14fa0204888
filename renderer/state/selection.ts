// The one selection that all views share, and what else lights up with it.
// A tensor or node is of the model as imported; a step or buffer belongs to the plan shown.

import type { FusedGroup } from '../../engine/report/types/compile.ts';
import type { PlanStep, PlanView } from '../../engine/report/types/plan.ts';
import { type GraphIndex, present } from './derived/graph-index.ts';

type Selected =
  | { readonly kind: 'tensor'; readonly id: number }
  | { readonly kind: 'node'; readonly id: number }
  | { readonly kind: 'group'; readonly id: string }
  /** nodes whose names share a scope */
  | { readonly kind: 'scope'; readonly id: string; readonly nodes: readonly number[] }
  /** any nodes, named by what they have in common: an operator, all that leads to a node */
  | { readonly kind: 'nodes'; readonly id: string; readonly nodes: readonly number[] }
  | { readonly kind: 'step'; readonly id: number }
  /** steps [from, to) of the plan shown */
  | { readonly kind: 'steps'; readonly id: string; readonly from: number; readonly to: number }
  /** a plan row that is no tensor of the model: scratch */
  | { readonly kind: 'buffer'; readonly id: number };
/** `body`: the ids are of that body of an If, Loop or Scan (OpenModel.body), not of the model's graph. */
export type Selection = Selected & { readonly body?: string };

export interface Highlight {
  readonly tensors: ReadonlySet<number>;
  readonly nodes: ReadonlySet<number>;
  readonly steps: ReadonlySet<number>;
  /** PlanTensor.id */
  readonly buffers: ReadonlySet<number>;
  readonly groups: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
}

const NOTHING: Highlight = {
  tensors: new Set(),
  nodes: new Set(),
  steps: new Set(),
  buffers: new Set(),
  groups: new Set(),
  scopes: new Set(),
};

/**
 * What to mark in every view for a selection. Nodes are marked with their results, steps with what they write.
 * What has no row of its own in the plan (folded away, or kept in registers) is marked by what its step writes.
 * `body`: which graph `index` is of; a selection in another one marks nothing.
 */
export function highlightOf(
  selection: Selection | undefined,
  index: GraphIndex,
  plan: PlanView | undefined,
  groups: readonly FusedGroup[],
  body?: string,
): Highlight {
  if (!selection || selection.body !== body) return NOTHING;
  if (selection.kind === 'buffer') return ofBuffer(selection.id, plan);
  if (selection.kind === 'tensor') return ofTensor(selection.id, index, plan);
  const nodes = nodesOf(selection, plan, groups);
  const steps =
    selection.kind === 'step' || selection.kind === 'steps'
      ? new Set(stepsIn(selection, plan).map(step => step.index))
      : stepsOf(nodes, plan);
  const tensors = new Set([...nodes].flatMap(node => present(index.nodes.get(node)?.outputs ?? [])));
  return {
    nodes,
    steps,
    tensors,
    buffers: selection.kind === 'node' ? buffersOf(tensors, steps, plan) : writtenBy(steps, plan),
    groups: new Set(groups.filter(group => group.nodes.some(node => nodes.has(node))).map(group => group.id)),
    scopes: new Set(selection.kind === 'scope' ? [selection.id] : []),
  };
}

function ofTensor(id: number, index: GraphIndex, plan: PlanView | undefined): Highlight {
  const tensors = new Set([id]);
  const producer = index.tensors.get(id)?.producer;
  const steps = producer === undefined ? new Set<number>() : stepsOf(new Set([producer]), plan);
  return { ...NOTHING, tensors, steps, buffers: buffersOf(tensors, steps, plan) };
}

function ofBuffer(id: number, plan: PlanView | undefined): Highlight {
  const row = plan?.tensors.find(other => other.id === id);
  if (!row) return NOTHING;
  return {
    ...NOTHING,
    tensors: new Set(row.tensors),
    buffers: new Set([id]),
    steps: new Set(present([row.writer])),
  };
}

const stepsOf = (nodes: ReadonlySet<number>, plan: PlanView | undefined): ReadonlySet<number> =>
  new Set(
    (plan?.steps ?? []).filter(step => step.nodes.some(node => nodes.has(node))).map(step => step.index),
  );

function buffersOf(
  tensors: ReadonlySet<number>,
  steps: ReadonlySet<number>,
  plan: PlanView | undefined,
): ReadonlySet<number> {
  const rows = (plan?.tensors ?? []).filter(row => row.tensors.some(tensor => tensors.has(tensor)));
  return rows.length > 0 ? new Set(rows.map(row => row.id)) : writtenBy(steps, plan);
}

const writtenBy = (steps: ReadonlySet<number>, plan: PlanView | undefined): ReadonlySet<number> =>
  new Set(
    (plan?.tensors ?? [])
      .filter(row => row.kind !== 'scratch' && row.writer !== undefined && steps.has(row.writer))
      .map(row => row.id),
  );

function nodesOf(
  selection: Extract<Selection, { kind: 'node' | 'group' | 'scope' | 'nodes' | 'step' | 'steps' }>,
  plan: PlanView | undefined,
  groups: readonly FusedGroup[],
): ReadonlySet<number> {
  switch (selection.kind) {
    case 'node':
      return new Set([selection.id]);
    case 'scope':
    case 'nodes':
      return new Set(selection.nodes);
    case 'group':
      return new Set(groups.find(group => group.id === selection.id)?.nodes ?? []);
    case 'step':
    case 'steps':
      return new Set(stepsIn(selection, plan).flatMap(step => step.nodes));
  }
}

/** The steps of a plan that are selected, one or several. */
const stepsIn = (
  selection: Extract<Selection, { kind: 'step' | 'steps' }>,
  plan: PlanView | undefined,
): readonly PlanStep[] =>
  selection.kind === 'step'
    ? (plan?.steps.slice(selection.id, selection.id + 1) ?? [])
    : (plan?.steps.slice(selection.from, selection.to) ?? []);

/** The selection of steps [from, to): one step where that is all. */
export const selectionOfSteps = (from: number, to: number): Selection =>
  to - from <= 1 ? { kind: 'step', id: from } : { kind: 'steps', id: `${from} to ${to - 1}`, from, to };

/** The selection for a row of a plan: the tensor it holds, or the row itself where it holds none. */
export const selectionOfRow = (row: {
  readonly id: number;
  readonly tensors: readonly number[];
}): Selection => {
  const [tensor] = row.tensors;
  return tensor === undefined ? { kind: 'buffer', id: row.id } : { kind: 'tensor', id: tensor };
};

export const sameSelection = (a: Selection | undefined, b: Selection | undefined): boolean =>
  a?.kind === b?.kind && a?.id === b?.id && a?.body === b?.body;

/** A step or buffer of one plan means nothing in another: what it stands for in the model is kept instead. */
export function withoutPlan(
  selection: Selection | undefined,
  plan: PlanView | undefined,
): Selection | undefined {
  switch (selection?.kind) {
    case 'buffer':
      return undefined;
    case 'step': {
      const node = plan?.steps[selection.id]?.nodes[0];
      return node === undefined ? undefined : { kind: 'node', id: node };
    }
    case 'steps':
      return {
        kind: 'nodes',
        id: `Steps ${selection.id}`,
        nodes: stepsIn(selection, plan).flatMap(step => step.nodes),
      };
    default:
      return selection;
  }
}
