// What a view shows while it has nothing to show: what is missing, and what to do about it.

import type { ReactNode } from 'react';
import styles from './widgets.module.css';

export function EmptyState(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>{props.title}</p>
      {props.children && <div className={styles.emptyText}>{props.children}</div>}
      {props.action}
    </div>
  );
}
