// Which steps' workers wait for one another so that results lie over what is still read, and how often. Invariant: the
// arena is as low as where all do, as often as pays.

import { mostBands } from '../codegen/sharing.ts';
import type { StepDraft } from '../select/step.ts';
import type { Arena, Waiting } from './arena.ts';
import { fewest } from './lean.ts';

/** Numbers of bands that are tried of a step, the fewest first. */
const FEW_BANDS: readonly number[] = [2, 3, 4, 6, 8];

/**
 * Steps without which the arena would be larger, each with about as few bands as will do. `planned` is the arena
 * where all may wait.
 */
export function waitingFor(planned: Arena, threads: number): Waiting {
  const often = waitingSteps(planned, threads);
  const { height } = planned.withWaiting(often);
  let waiting: Waiting = often;
  for (const [draft, most] of often) {
    for (const bands of FEW_BANDS) {
      if (bands >= most) break;
      const fewer = new Map(waiting).set(draft, bands);
      if (!planned.withWaiting(fewer).isBelow(height + 1)) continue;
      waiting = fewer;
      break;
    }
  }
  return waiting;
}

/** Steps that have to wait so that the arena is no larger than where all may. */
function waitingSteps(planned: Arena, threads: number): Waiting {
  const none = planned.withWaiting(new Map());
  if (none.height <= planned.height) return new Map();
  const { drafts } = planned;
  const found = fewest(
    none,
    planned,
    step => drafts[step],
    chosen => planned.withWaiting(asOften([...chosen], threads)),
  );
  return asOften([...(found ?? drafts)], threads);
}

/** As often as pays. */
const asOften = (drafts: readonly (StepDraft | undefined)[], threads: number): Waiting =>
  new Map(drafts.flatMap(draft => (draft ? [[draft, mostBands(draft, threads)]] : [])));
