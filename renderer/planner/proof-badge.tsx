// How sure it is that a plan needs no more than it must.

import type { PlanView } from '../../engine/report/types/plan.ts';
import { useModel } from '../hooks/app-context.ts';
import { leftOutText } from '../state/derived/left-out.ts';
import styles from './planner.module.css';

/** 'beaten': another strategy needs less for the same lifetimes, so this plan is known not to be the least. */
export type Proof = 'optimal' | 'beaten' | 'open';

const PROOFS: Readonly<Record<Proof, string>> = {
  optimal: '✓ optimal',
  beaten: 'not optimal',
  open: 'open',
};

/** `leastBytes`: the smallest peak that any strategy reached */
export function proofOf({ optimal, peakBytes }: PlanView, leastBytes: number): Proof {
  if (optimal) return 'optimal';
  return peakBytes > leastBytes ? 'beaten' : 'open';
}

/** What is proved of the tensors whose size is known is no proof for the model. */
export function ProofBadge({ proof }: { readonly proof: Proof }) {
  const leftOut = leftOutText(useModel().summary);
  if (leftOut !== undefined)
    return (
      <span className={styles.open} title={leftOut}>
        sizes unknown
      </span>
    );
  return <span className={proof === 'optimal' ? styles.optimal : styles.open}>{PROOFS[proof]}</span>;
}
