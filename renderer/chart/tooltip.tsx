// The card beside the pointer over a chart.

import type { ReactNode } from 'react';
import type { Size } from '../widgets/canvas.tsx';
import styles from './chart.module.css';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Placed on that side of the pointer where there is room. */
export function Tooltip(props: { readonly at: Point; readonly within: Size; readonly children: ReactNode }) {
  const { at, within } = props;
  const style = {
    ...(at.x > within.width / 2 ? { right: within.width - at.x + 12 } : { left: at.x + 12 }),
    ...(at.y > within.height / 2 ? { bottom: within.height - at.y + 12 } : { top: at.y + 12 }),
  };
  return (
    <div className={styles.tooltip} style={style} role="presentation">
      {props.children}
    </div>
  );
}
