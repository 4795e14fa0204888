// The comparison of the runs chosen as A and B, while it is to be seen in every view.

import type { ComparedRuns } from '../state/comparing.ts';
import { comparisonOf } from '../state/comparing.ts';
import { useApp, useModel } from './app-context.ts';

/** Undefined while fewer than two runs are chosen. */
export const useComparison = (): ComparedRuns | undefined => comparisonOf(useModel());

/** Undefined too while views show one run only. */
export function useComparing(): ComparedRuns | undefined {
  const comparing = useApp(state => state.comparing);
  const compared = useComparison();
  return comparing ? compared : undefined;
}
