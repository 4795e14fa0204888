// The model shown against another open one: matched once, found by every view.

import { compareModels, type ModelDifference } from '../../engine/report/compare-models.ts';
import type { GraphSummary } from '../../engine/report/types.ts';
import { type AppState, againstOf, type OpenModel } from './app-state.ts';

/** By the older graph, then by the newer one. */
const KNOWN = new WeakMap<GraphSummary, WeakMap<GraphSummary, ModelDifference>>();

/** From `before` to `after`. */
export function differenceOf(before: OpenModel, after: OpenModel): ModelDifference {
  const [a, b] = [before.summary.graph, after.summary.graph];
  const ofA = KNOWN.get(a) ?? new WeakMap<GraphSummary, ModelDifference>();
  KNOWN.set(a, ofA);
  const known = ofA.get(b) ?? compareModels(a, b);
  ofA.set(b, known);
  return known;
}

const comparedWith = (state: AppState, { id }: OpenModel): OpenModel | undefined =>
  state.models.find(other => other.against === id && other.id !== id);

/** It is compared with another open model, or another with it. */
export const isInComparison = (state: AppState, model: OpenModel): boolean =>
  (againstOf(state, model) ?? comparedWith(state, model)) !== undefined;

export type Change = 'added' | 'removed' | 'changed';

/**
 * What to mark in a model's graph, by node: added and changed where it is compared with another; removed and changed
 * where another is compared with it. Undefined where neither is so.
 */
export function changesOf(state: AppState, model: OpenModel): ReadonlyMap<number, Change> | undefined {
  const before = againstOf(state, model);
  if (before) {
    const { pairs, added } = differenceOf(before, model);
    return new Map([...pairs.flatMap(({ b, changes }) => changed(b, changes)), ...marked(added, 'added')]);
  }
  const after = comparedWith(state, model);
  if (!after) return undefined;
  const { pairs, removed } = differenceOf(model, after);
  return new Map([...pairs.flatMap(({ a, changes }) => changed(a, changes)), ...marked(removed, 'removed')]);
}

const changed = (node: number, changes: readonly string[]): readonly (readonly [number, Change])[] =>
  changes.length > 0 ? [[node, 'changed']] : [];

const marked = (nodes: readonly number[], change: Change): readonly (readonly [number, Change])[] =>
  nodes.map(node => [node, change]);
