// What a kept run is called where runs are chosen: its settings, and its data and dimensions where they are not the usual.

import { settingsText } from '../../../engine/report/settings-text.ts';
import type { RunReport } from '../../../engine/report/types/run.ts';
import { formatMs } from '../../format/units.ts';
import { describeInputs, type KeptRun, type OpenModel, RANDOM_INPUTS } from '../app-state.ts';

const USUAL_DATA = describeInputs(RANDOM_INPUTS);

/** 'input x: cat.npy' or 'random, seed 7'; undefined for what runs start from unless told otherwise. */
export const dataOf = ({ inputs }: KeptRun): string | undefined =>
  inputs === USUAL_DATA ? undefined : inputs;

/** 'N = 4, height = 320'; undefined where the model has these dimensions now. */
export function otherDimensions({ report }: KeptRun, { summary }: OpenModel): string | undefined {
  const { dims } = report.options;
  const differing = summary.dimensions.filter(({ key, extent }) => dims[key] !== extent);
  if (differing.length === 0) return undefined;
  return differing.map(({ key }) => `${key} = ${dims[key] ?? 'open'}`).join(', ');
}

/** '3.97 s', or '60.5 ms, kept': a program that was compiled earlier is only taken from disk. */
export const compileText = ({ compileMs, compile }: RunReport): string =>
  `${formatMs(compileMs)}${compile.cached ? ', kept' : ''}`;

/** 'fusion on · planner size · 256 bit · 2 threads · x: cat.npy'. */
export const describeRun = (run: KeptRun, model: OpenModel): string =>
  [settingsText(run.report.options), otherDimensions(run, model), dataOf(run)]
    .filter(part => part !== undefined)
    .join(' · ');
