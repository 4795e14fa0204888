// Which steps give up speed for memory, in one way or another: only those without which the arena would be larger.
// Invariant: the arena is no larger than with every step at its fastest, and no step is lean to no purpose.

import type { SelectedGroup } from '../select/select.ts';
import type { StepDraft } from '../select/step.ts';
import type { Arena, Arenas } from './arena.ts';

/** Plans that are tried between all and as few lean steps as will do. */
const TRIALS = 4;

/** Groups whose steps are to be lean, and the order in which they run then. */
export interface LeanGroups {
  readonly planned: Arena;
  readonly ids: ReadonlySet<string>;
}

/**
 * Which of the arenas becomes lowest by lean steps, and which steps have to be; undefined where some arena is as low
 * without. The arenas are those of the fastest steps; `lean` are the same groups' steps at their leanest. A step that
 * reaches no higher than what the arena could be stays as it is.
 */
export function leanGroups(
  arenas: Arenas,
  fastest: readonly SelectedGroup[],
  lean: readonly SelectedGroup[],
): LeanGroups | undefined {
  const groupOf = new Map<StepDraft, string>(fastest.map(({ group, step }) => [step, group.id]));
  const leanOf = new Map(lean.map(({ group, step }) => [group.id, step]));
  if (fastest.every(({ group, step }) => leanOf.get(group.id) === step)) return undefined;
  const everyone = new Set(leanOf.keys());
  const idOf = (draft: StepDraft | undefined): string => (draft && groupOf.get(draft)) ?? '';
  const mixed = (arena: Arena, chosen: ReadonlySet<string>): Arena =>
    arena.with(
      arena.drafts.map(draft => (chosen.has(idOf(draft)) ? leanOf.get(idOf(draft)) : undefined) ?? draft),
    );
  const [first, ...others] = arenas.map(planned => {
    const fast = planned.greedily();
    return { planned, fast, least: mixed(fast, everyone) };
  });
  if (!first) return undefined;
  const { planned, fast, least } = others.reduce(
    (best, other) => (other.least.isLower(best.least) ? other : best),
    first,
  );
  if (![first, ...others].every(other => least.isLower(other.fast))) return undefined;
  const ids = fewest(
    fast,
    least,
    step => idOf(planned.drafts[step]),
    chosen => mixed(fast, chosen),
  );
  return { planned, ids: ids ?? everyone };
}

/**
 * What has to change so that `fastest` is as low as `least`, where all has: by and by whatever is at steps that reach
 * higher. Undefined where nothing less than all will do.
 */
export function fewest<T>(
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
