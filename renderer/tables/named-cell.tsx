// What most tables begin with: a family's mark and a name.

import type { Family } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import styles from './tables.module.css';

export function NamedCell(props: {
  readonly family: Family;
  readonly name: string;
  readonly mono?: boolean;
}) {
  return (
    <span className={styles.named}>
      <FamilyMark family={props.family} />
      <MiddleText text={props.name} mono={props.mono ?? false} />
    </span>
  );
}
