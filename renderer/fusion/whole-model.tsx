// What fusing the whole model came to; shown while no group is chosen.

import type { CompileReport } from '../../engine/report/types/compile.ts';
import { vanishedOf } from '../../engine/report/vanished.ts';
import { Accounting, type Change } from './accounting.tsx';
import styles from './fusion.module.css';
import { REACHABLE } from './reachable.ts';

export function WholeModel({ report }: { readonly report: CompileReport }) {
  const { account, operators, kernels, chains = [] } = report;
  const sum = (of: (chain: (typeof chains)[number]) => number): number =>
    chains.reduce((total, chain) => total + of(chain), 0);
  const rows: readonly Change[] =
    chains.length === 0
      ? []
      : [['Between steps in turns', sum(chain => chain.tensorBytes), sum(chain => chain.ringBytes)]];
  return (
    <article className={styles.inspector} aria-label="The whole model" {...REACHABLE}>
      <h2 className={styles.title}>The whole model</h2>
      <h3 className={styles.heading}>Accounting</h3>
      <Accounting
        account={account}
        counts={[['Operators, kernels', operators, kernels]]}
        bytes={[['Between members', vanishedOf(report).unwrittenBytes, 0], ...rows]}
      />
      <p className={styles.faint}>
        Choose a group: it shows what it computes and what fusing it saved. An operator that stays alone says
        why when it is selected.
      </p>
    </article>
  );
}
