// Are the groups that --no-group names groups of the model? A group that is switched off is in no report, so the
// model is compiled once more with all of them on.

import type { CompileOptions } from '../../options.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { InputSource } from '../engines/engine-requests.ts';
import type { Engines } from '../engines/engines.ts';
import { badInput } from '../failure.ts';

const GROUPS_NAMED = 5;

/** Whether the model's groups are known before anything runs: no dimension waits for the extents of given inputs. */
export const groupsAreFixed = ({ dimensions }: ModelSummary, inputs: InputSource): boolean =>
  inputs.kind === 'seeded' || dimensions.every(({ reason }) => reason === 'given');

/** Throws bad-input for a disabled group that these options, with every dimension bound, do not make. */
export async function checkGroups(
  engines: Engines,
  model: string,
  options: CompileOptions,
  control: CallControl,
): Promise<void> {
  const { disabledGroups } = options;
  if (disabledGroups.length === 0) return;
  // Groups do not depend on where the planner puts tensors: the quickest will do.
  const everyGroup: CompileOptions = { ...options, disabledGroups: [], fusion: true, planner: 'off' };
  const { groups } = await engines.call('compile', { model, options: everyGroup }, control);
  const unknown = disabledGroups.find(id => groups.every(group => group.id !== id));
  if (unknown === undefined) return;
  const some = groups.slice(0, GROUPS_NAMED).map(({ id }) => id);
  const known = groups.length === 0 ? 'none' : some.join(', ') + (groups.length > some.length ? ', …' : '');
  throw badInput(
    `expected one of the model's groups (${known}), found none of this name`,
    `--no-group ${unknown}`,
  );
}
