// When commands can be used, and on what: questions about the state that several of them ask.

import type { Strategy } from '../../../engine/options.ts';
import {
  type AppState,
  activeModel,
  comparedRuns,
  failureOf,
  optionsOf,
  reportOf,
  stepOf,
  unboundDimensions,
  wasStopped,
} from '../app-state.ts';
import { misfitsOf } from '../derived/given-fit.ts';
import type { Command } from './command.ts';

export const always = (): boolean => true;
export const hasModel = (state: AppState): boolean => activeModel(state) !== undefined;
export const hasPlan = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && reportOf(model) !== undefined;
};
/** Something is under way that the user asked for. */
export const isBusy = (state: AppState): boolean => state.jobs.some(job => !job.background);
/** A run waits for the plan that is being made; what could not be planned cannot run. */
export const canRun = (state: AppState): boolean => {
  const model = activeModel(state);
  if (!model || !state.connected || isBusy(state)) return false;
  const failed = failureOf(model);
  const compiles = failed === undefined ? !reportOf(model)?.beyondBytes : wasStopped(failed);
  return model.summary.runnable && unboundDimensions(model).length === 0 && compiles && !misfitsOf(model);
};
export const hasRuns = (state: AppState): boolean => (activeModel(state)?.runs.length ?? 0) > 0;
export const hasSelection = (state: AppState): boolean => activeModel(state)?.selection !== undefined;
export const fusionOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).fusion;
};
export const plannerOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).planner !== 'off';
};

/** A and B are chosen, and both runs are there. */
export const bothCompared = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && comparedRuns(model).every(run => run !== undefined);
};
/** A and B were not run with the same settings: measured together, they can differ. */
export const otherSettings = (state: AppState): boolean => {
  const model = activeModel(state);
  const [a, b] = model ? comparedRuns(model) : [];
  return a !== undefined && b !== undefined && a.key !== b.key;
};
/** The strategy chosen before the planner was switched off. */
export const lastPlanner = (state: AppState): Strategy =>
  activeModel(state)?.options.past.findLast(({ planner }) => planner !== 'off')?.planner ?? 'size';
/** The tensor selected, where a run computes it. */
export function probeTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  const kind = model?.index.tensors.get(selection.id)?.kind;
  return kind === 'activation' || kind === 'output' ? selection.id : undefined;
}
/** The tensor selected, where it can have a place in memory. */
export function pinTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  return model?.index.tensors.get(selection.id)?.kind === 'constant' ? undefined : selection.id;
}
/** The tensor selected, where its values are there: a weight, or what was probed last. */
export function valuesTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  const constant = model?.index.tensors.get(selection.id)?.kind === 'constant';
  return constant || model?.probed?.tensor === selection.id ? selection.id : undefined;
}

/** Moves the allocation table by so many steps; the plan's last one is held where it is read. */
export const moveStep =
  (by: number): Command['run'] =>
  (actions, state) => {
    const model = activeModel(state);
    if (model) actions.setStep(Math.max(0, stepOf(model) + by));
  };
