// The model shown against another open one: matched once, found by every view.

import type { WeightDifferences } from '../../../engine/protocol.ts';
import {
  compareModels,
  comparingModels,
  type ModelDifference,
  type WeightPair,
  weightPairs,
  withChangedWeights,
} from '../../../engine/report/compare-models.ts';
import type { GraphSummary } from '../../../engine/report/types/model.ts';
import { type AppState, againstOf, type OpenModel } from '../app-state.ts';
import { entryOf, insideOf, levelsOf } from './bodies.ts';

interface Matched {
  readonly difference: ModelDifference;
  /** those whose values are to be compared */
  readonly weights: readonly WeightPair[];
  /** by what was found of their values */
  readonly withValues: WeakMap<WeightDifferences, ModelDifference>;
}

/** By the older graph, then by the newer one. */
const KNOWN = new WeakMap<GraphSummary, WeakMap<GraphSummary, Matched>>();

const knownMatch = (before: OpenModel, after: OpenModel): Matched | undefined =>
  KNOWN.get(before.summary.graph)?.get(after.summary.graph);

function matchedOf(before: OpenModel, after: OpenModel): Matched {
  const known = knownMatch(before, after);
  if (known) return known;
  return keepMatch(before, after, compareModels(before.summary.graph, after.summary.graph));
}

function keepMatch(before: OpenModel, after: OpenModel, difference: ModelDifference): Matched {
  const [a, b] = [before.summary.graph, after.summary.graph];
  const ofA = KNOWN.get(a) ?? new WeakMap<GraphSummary, Matched>();
  const matched = { difference, weights: weightPairs(a, b, difference), withValues: new WeakMap() };
  KNOWN.set(a, ofA);
  ofA.set(b, matched);
  return matched;
}

/** Whether it is known by now how two models differ: finding out takes a while where they are large. */
export const isMatched = (before: OpenModel, after: OpenModel): boolean =>
  knownMatch(before, after) !== undefined;

/** Finds out how they differ, resting now and then. */
export function* matching(before: OpenModel, after: OpenModel): Generator<void, void, void> {
  const difference = yield* comparingModels(before.summary.graph, after.summary.graph);
  keepMatch(before, after, difference);
}

/** Weights of the same type at the same place, whose values may differ. */
export const comparableWeights = (before: OpenModel, after: OpenModel): readonly WeightPair[] =>
  matchedOf(before, after).weights;

/** What was found of the values of weights; undefined while nobody asked, or where that was of another model. */
export const comparedWeights = (before: OpenModel, after: OpenModel): OpenModel['weights'] =>
  after.weights?.before === before.id ? after.weights : undefined;

/** From `before` to `after`, values of weights included once they are compared. */
export function differenceOf(before: OpenModel, after: OpenModel): ModelDifference {
  const { difference, weights, withValues } = matchedOf(before, after);
  const found = comparedWeights(before, after)?.found;
  if (!found || found.changed.length === 0) return difference;
  const known = withValues.get(found);
  if (known) return known;
  const changed = found.changed.flatMap(at => weights[at] ?? []);
  const whole = withChangedWeights(difference, changed, id => after.index.tensors.get(id)?.name ?? '');
  withValues.set(found, whole);
  return whole;
}

const comparedWith = (state: AppState, { id }: OpenModel): OpenModel | undefined =>
  state.models.find(other => other.against === id && other.id !== id);

/** The older and the newer model of the comparison that a model is in. */
export function comparedPair(
  state: AppState,
  model: OpenModel,
): { readonly before: OpenModel; readonly after: OpenModel } | undefined {
  const before = againstOf(state, model);
  if (before) return { before, after: model };
  const after = comparedWith(state, model);
  return after && { before: model, after };
}

/** It is compared with another open model, or another with it. */
export const isInComparison = (state: AppState, model: OpenModel): boolean =>
  (againstOf(state, model) ?? comparedWith(state, model)) !== undefined;

export type Change = 'added' | 'removed' | 'changed';

/**
 * What to mark in a model's graph, or in the body of it that was entered, by node: added and changed where it is compared
 * with another; removed and changed where another is compared with it. Undefined where neither is so.
 */
export function changesOf(state: AppState, model: OpenModel): ReadonlyMap<number, Change> | undefined {
  const pair = comparedPair(state, model);
  if (!pair) return undefined;
  const isAfter = pair.after === model;
  const side = isAfter ? 'b' : 'a';
  const alone = isAfter ? 'added' : 'removed';
  const entered = model.path.slice(0, levelsOf(model).length - 1);
  const difference = entered.reduce<ModelDifference | undefined>(
    (found, entry) => differenceInside(found, entry, side),
    differenceOf(pair.before, pair.after),
  );
  // What it is inside of has no counterpart: neither has anything in it.
  if (!difference) {
    const { nodes } = insideOf(model).summary.graph;
    return new Map(
      marked(
        nodes.map(({ id }) => id),
        alone,
      ),
    );
  }
  const { pairs, added, removed } = difference;
  return new Map([
    ...pairs.flatMap(matched => changed(matched[side], matched.changes)),
    ...marked(isAfter ? added : removed, alone),
  ]);
}

/** Of the body that an entry of a path leads to; undefined where the other model has none. */
const differenceInside = (
  outer: ModelDifference | undefined,
  entry: string,
  side: 'a' | 'b',
): ModelDifference | undefined =>
  outer?.pairs
    .flatMap(pair => (pair.bodies ?? []).map(body => ({ ...body, node: pair[side] })))
    .find(({ node, attribute }) => entryOf(node, attribute) === entry)?.difference;

const changed = (node: number, changes: readonly string[]): readonly (readonly [number, Change])[] =>
  changes.length > 0 ? [[node, 'changed']] : [];

const marked = (nodes: readonly number[], change: Change): readonly (readonly [number, Change])[] =>
  nodes.map(node => [node, change]);
