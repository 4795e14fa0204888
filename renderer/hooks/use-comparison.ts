// The comparison of the runs chosen as A and B, while it is to be seen in every view.

import { type KeptRun, runOf } from '../state/app-state.ts';
import type { ComparedRuns } from '../state/derived/comparing.ts';
import { comparisonOf } from '../state/derived/comparing.ts';
import { useApp, useModel } from './app-context.ts';

/** Undefined while fewer than two runs are chosen. */
export const useComparison = (): ComparedRuns | undefined => comparisonOf(useModel());

/** Undefined too while views show one run only. */
export function useComparing(): ComparedRuns | undefined {
  const comparing = useApp(state => state.comparing);
  const compared = useComparison();
  return comparing ? compared : undefined;
}

interface SidedRun {
  readonly side: 'A' | 'B';
  readonly run: KeptRun;
}

/** While two runs are compared in every view: the one of them that is not shown, A where neither is. */
export function useOtherRun(): (SidedRun & { readonly shown?: SidedRun }) | undefined {
  const compared = useComparing();
  const shown = runOf(useModel());
  if (!compared) return undefined;
  const a: SidedRun = { side: 'A', run: compared.a };
  const b: SidedRun = { side: 'B', run: compared.b };
  if (shown === compared.a) return { ...b, shown: a };
  return shown === compared.b ? { ...a, shown: b } : a;
}
