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
  /** how many more share the row */
  readonly more?: number;
  /** px of the cell */
  readonly room?: number;
}) {
  const { family, name, whole = name, mono = false, more = 0, room = 0 } = props;
  const beside = MARK + (more > 0 ? moreText(more).length * MONO_CHARACTER + MARK : 0);
  return (
    <span className={styles.named}>
      <FamilyMark family={family} />
      <MiddleText text={name} mono={mono} whole={whole} room={Math.max(0, room - beside)} />
      {more > 0 && <span>{moreText(more)}</span>}
    </span>
  );
}

const moreText = (more: number): string => `+${more}`;
