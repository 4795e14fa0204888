// What went wrong or should be known: where, and what was expected and found. What was open stays open.

import { CircleAlert, Info, X } from 'lucide-react';
import { IconButton } from '../widgets/button.tsx';
import { useActions, useApp } from './app-context.ts';
import styles from './notices.module.css';

export function Notices() {
  const actions = useActions();
  const notices = useApp(state => state.notices);
  if (notices.length === 0) return null;
  return (
    <section className={styles.notices} aria-label="Notices">
      {notices.map(notice => (
        <div key={notice.id} className={styles.notice} role="alert" data-severity={notice.severity}>
          {notice.severity === 'error' ? (
            <CircleAlert size={16} aria-label="Error" />
          ) : (
            <Info size={16} aria-hidden />
          )}
          <div className={styles.noticeText}>
            <p className={styles.noticeTitle}>{notice.title}</p>
            {notice.where && <p className={`mono ${styles.noticeWhere}`}>{notice.where}</p>}
            <p>{notice.message}</p>
          </div>
          <IconButton label="Dismiss" onClick={() => actions.dismiss(notice.id)}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
