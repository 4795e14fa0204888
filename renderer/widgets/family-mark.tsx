// The small square that says which family an operator belongs to, and the legend that explains it.

import type { ReactNode } from 'react';
import { FAMILIES, type Family, familyVariable, SHORT_NAMES } from '../theme/families.ts';
import styles from './widgets.module.css';

export function FamilyMark({ family }: { readonly family: Family }) {
  return (
    <span
      className={`${styles.mark} ${family === 'scratch' ? styles.hatched : ''}`}
      style={{ backgroundColor: familyVariable(family) }}
      title={FAMILIES[family]}
      aria-hidden
    />
  );
}

/** One line: names are short, and give way where there is no room. `children`: further items, for what belongs to no family. */
export function FamilyLegend(props: { readonly families: readonly Family[]; readonly children?: ReactNode }) {
  return (
    <ul className={styles.legend} aria-label="Colours">
      {props.families.map(family => (
        <li key={family} className={styles.legendItem} title={FAMILIES[family]}>
          <FamilyMark family={family} />
          <span>{SHORT_NAMES[family]}</span>
        </li>
      ))}
      {props.children}
    </ul>
  );
}
