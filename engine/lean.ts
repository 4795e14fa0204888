// Which steps give up speed for memory, in one way or another: only those without which the arena would be larger.
// Invariant: the arena is no larger than with every step at its fastest, and no step is lean to no purpose.

import type { Arena } from './arena.ts';
import type { SelectedGroup } from './select/select.ts';
import type { StepDraft } from './select/step.ts';

/** Plans that are tried between all and as few lean steps as will do. */
const TRIALS = 4;

/**
 * Ids of the groups whose steps are to be lean. `planned` is the arena of the fastest steps, in the order in which
 * they run; `lean` are the same groups' steps at their leanest. A step that reaches no higher than what the arena
 * could be stays as it is.
 */
export function leanGroups(
  planned: Arena,
  fastest: readonly SelectedGroup[],
  lean: readonly SelectedGroup[],
): ReadonlySet<string> {
  const groupOf = new Map<StepDraft, string>(fastest.map(({ group, step }) => [step, group.id]));
  const leanOf = new Map(lean.map(({ group, step }) => [group.id, step]));
  const idOf = (draft: StepDraft): string => groupOf.get(draft) ?? '';
  const ids = planned.drafts.map(idOf);
  const mixed = (chosen: ReadonlySet<string>): Arena =>
    planned.with(
      planned.drafts.map((draft, step) => {
        const id = ids[step] ?? '';
        return (chosen.has(id) ? leanOf.get(id) : undefined) ?? draft;
      }),
    );
  const everyone = new Set(ids);
  const least = mixed(everyone);
  if (!least.isBelow(planned.height)) return new Set();
  return fewest(planned, least, step => ids[step] ?? '', mixed) ?? everyone;
}

/**
 * Steps whose workers wait for one another so that results lie over what is still read. `planned` is the arena where
 * all of them may.
 */
export function waitingSteps(planned: Arena): ReadonlySet<StepDraft> {
  const none = planned.withWaiting(new Set());
  if (none.height <= planned.height) return new Set();
  const { drafts } = planned;
  const found = fewest(
    none,
    planned,
    step => drafts[step],
    chosen => planned.withWaiting(new Set([...chosen].filter(draft => draft !== undefined))),
  );
  return new Set([...(found ?? drafts)].filter(draft => draft !== undefined));
}

/**
 * What has to change so that `fastest` is as low as `least`, where all has: by and by whatever is at steps that reach
 * higher. Undefined where nothing less than all will do.
 */
function fewest<T>(
  fastest: Arena,
  least: Arena,
  at: (step: number) => T,
  mixed: (chosen: ReadonlySet<T>) => Arena,
): ReadonlySet<T> | undefined {
  const chosen = new Set<T>();
  let arena = fastest;
  for (let trial = 0; trial < TRIALS && arena.height > least.height; trial++) {
    const before = chosen.size;
    arena.reaches().forEach((reach, step) => {
      if (reach > least.height) chosen.add(at(step));
    });
    if (chosen.size === before) break;
    arena = mixed(chosen);
  }
  return arena.height > least.height ? undefined : chosen;
}
