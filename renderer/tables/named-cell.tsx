// What most tables begin with: a family's mark and a name.

import type { Family } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import styles from './tables.module.css';

export function NamedCell(props: {
  readonly family: Family;
  readonly name: string;
  readonly mono?: boolean;
  /** what stands in the tooltip, where that is more */
  readonly whole?: string;
  /** how many more share the row */
  readonly more?: number;
}) {
  const { family, name, whole = name, mono = false, more = 0 } = props;
  return (
    <span className={styles.named}>
      <FamilyMark family={family} />
      <MiddleText text={name} mono={mono} whole={whole} />
      {more > 0 && <span>+{more}</span>}
    </span>
  );
}
