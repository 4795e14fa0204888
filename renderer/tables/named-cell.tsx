// What most tables begin with: a family's mark and a name.

import type { Family } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import { MARK, MONO_CHARACTER } from './column-widths.ts';
import styles from './tables.module.css';

export function NamedCell(props: {
  readonly family: Family;
  readonly name: string;
  readonly mono?: boolean;
  /** what stands in the tooltip, where that is more */
  readonly whole?: string;
  /** a few characters after the name that are never cut: '+2', 'off' */
  readonly after?: string;
  /** px of the cell */
  readonly room?: number;
}) {
  const { family, name, whole = name, mono = false, after = '', room = 0 } = props;
  const beside = MARK + (after === '' ? 0 : after.length * MONO_CHARACTER + MARK);
  return (
    <span className={styles.named}>
      <FamilyMark family={family} />
      <MiddleText text={name} mono={mono} whole={whole} room={Math.max(0, room - beside)} />
      {after !== '' && <span className={styles.after}>{after}</span>}
    </span>
  );
}
