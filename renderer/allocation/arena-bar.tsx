// The arena at one step as a bar from offset 0 to the peak: live tensors, and the holes between them.
// The allocation table beneath it says the same in words.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes } from '../format/units.ts';
import { useActions } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { selectionOfRow } from '../state/selection.ts';
import { familyOfRow, familyVariable } from '../theme/families.ts';
import { useSize } from '../widgets/canvas.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import styles from './allocation.module.css';
import type { Allocation } from './allocation-table.ts';

/** Left and right of a name, with the line after it, px. */
const PADDING = 13;

const placeText = ({ name, bytes, offset }: PlanTensor): string =>
  `${name}: ${formatBytes(bytes)} at ${formatBytes(offset)}`;

export function ArenaBar({ plan, allocation }: { readonly plan: PlanView; readonly allocation: Allocation }) {
  const actions = useActions();
  const highlight = useHighlight();
  const [sizeRef, { width }] = useSize();
  const height = Math.max(plan.peakBytes, allocation.topBytes, 1);
  const percent = (bytes: number): string => `${(bytes / height) * 100}%`;
  return (
    <div ref={sizeRef} className={styles.arena} aria-hidden>
      {allocation.rows.map(({ tensor, over }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the table beneath offers the same rows to the keyboard
        // biome-ignore lint/a11y/noStaticElementInteractions: the same
        <div
          key={tensor.id}
          className={styles.block}
          data-over={over}
          data-marked={highlight.buffers.has(tensor.id) || undefined}
          title={placeText(tensor)}
          style={{
            left: percent(tensor.offset),
            width: percent(tensor.bytes),
            backgroundColor: familyVariable(familyOfRow(tensor)),
          }}
          onClick={() => actions.select(selectionOfRow(tensor))}
        >
          <span className={styles.blockName}>
            <MiddleText
              text={tensor.name}
              whole={placeText(tensor)}
              room={(width * tensor.bytes) / height - PADDING}
              mono
            />
          </span>
        </div>
      ))}
      {allocation.holes.map(hole => (
        <div
          key={hole.offset}
          className={styles.hole}
          title={`Hole: ${formatBytes(hole.bytes)}`}
          style={{ left: percent(hole.offset), width: percent(hole.bytes) }}
        />
      ))}
    </div>
  );
}
