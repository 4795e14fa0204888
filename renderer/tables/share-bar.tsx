// A number with a bar behind it, so that a column can be read at a glance.

import type { ReactNode } from 'react';
import styles from './tables.module.css';

export function ShareBar(props: {
  readonly share: number;
  readonly color?: string;
  readonly children: ReactNode;
}) {
  const width = `${Math.max(0, Math.min(1, props.share)) * 100}%`;
  return (
    <span className={styles.share}>
      <span className={styles.shareBar} style={{ width, backgroundColor: props.color }} />
      <span className={styles.shareText}>{props.children}</span>
    </span>
  );
}
