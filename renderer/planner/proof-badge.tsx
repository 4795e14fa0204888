// How sure it is that a plan needs no more than it must.

import type { PlanView } from '../../engine/report/types.ts';
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

export function ProofBadge({ proof }: { readonly proof: Proof }) {
  return <span className={proof === 'optimal' ? styles.optimal : styles.open}>{PROOFS[proof]}</span>;
}
