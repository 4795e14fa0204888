// The colours of a split total, the largest at the peak first.

import { usePalette } from '../theme/palette.ts';
import widgets from '../widgets/widgets.module.css';
import { colourOf } from './series-colour.ts';
import type { Series } from './stacks.ts';
import styles from './timeline.module.css';

export function StackLegend({ stack }: { readonly stack: readonly Series[] }) {
  const palette = usePalette();
  return (
    <ul className={widgets.legend} aria-label="Colours of the total">
      {stack.map((series, place) => (
        <li key={series.name} className={widgets.legendItem} title={series.name}>
          <span className={widgets.mark} style={{ backgroundColor: colourOf(stack, place, palette) }} />
          <span className={styles.name}>{series.name}</span>
        </li>
      ))}
    </ul>
  );
}
