// Opens the model a command line names. What the app shows beside a model is refused here: a file that is none, and
// dimensions it does not have.

import type { ModelSummary } from '../../report/types/model.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { badInput } from '../failure.ts';
import { sourceOf } from './toggles.ts';

/** Throws bad-input for a file that is no model, and for dimensions the model does not have. */
export async function openNamed(
  engines: Engines,
  model: string,
  dims: Readonly<Record<string, number>>,
  control: CallControl,
): Promise<{ readonly model: string; readonly summary: ModelSummary }> {
  const opened = await engines.open(sourceOf(model), dims, control);
  const { graph, diagnostics } = opened.summary;
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error && graph.nodes.length === 0 && graph.outputs.length === 0) {
    throw badInput(error.message, error.where);
  }
  const unknown = diagnostics.find(({ id }) => id === 'unknown-dimension');
  if (unknown) throw badInput(unknown.message, `--dim ${unknown.where}`);
  return opened;
}
