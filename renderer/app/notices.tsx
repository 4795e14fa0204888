// What went wrong or should be known: where, and what was expected and found. What was open stays open.
// They lie above everything that is not a dialog, so what only informs does not stay.

import { CircleAlert, Info, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useActions, useApp } from '../hooks/app-context.ts';
import type { Notice } from '../state/app-state.ts';
import { Button, IconButton } from '../widgets/button.tsx';
import styles from './notices.module.css';

/** What only informs goes by itself; an error stays until it is dismissed. */
const INFORMED_MS = 8000;
/** What can be taken back may be noticed later. */
const UNDO_MS = 20_000;

export function Notices() {
  const notices = useApp(state => state.notices);
  if (notices.length === 0) return null;
  return (
    <section className={styles.notices} aria-label="Notices">
      {notices.map(notice => (
        <NoticeItem key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function NoticeItem({ notice }: { readonly notice: Notice }) {
  const actions = useActions();
  const { id, undo } = notice;
  const isError = notice.severity === 'error';
  // Not while it is pointed at or has the focus: it is being read.
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (isError || held) return;
    const timer = setTimeout(() => actions.dismiss(id), undo ? UNDO_MS : INFORMED_MS);
    return () => clearTimeout(timer);
  }, [actions, id, isError, held, undo]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only stays while it is read
    <div
      className={styles.notice}
      role={isError ? 'alert' : 'status'}
      data-severity={notice.severity}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {notice.severity === 'error' ? (
        <CircleAlert size={16} aria-label="Error" />
      ) : (
        <Info size={16} aria-hidden />
      )}
      <div className={styles.noticeText}>
        <p className={styles.noticeTitle}>{notice.title}</p>
        {notice.where && !notice.title.includes(notice.where) && (
          <p className={`mono ${styles.noticeWhere}`}>{notice.where}</p>
        )}
        <p>{notice.message}</p>
      </div>
      {undo && <Undo id={id} undo={undo} />}
      <IconButton label="Dismiss" onClick={() => actions.dismiss(notice.id)}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}

function Undo({ id, undo }: { readonly id: number; readonly undo: () => void }) {
  const actions = useActions();
  return (
    <Button
      onClick={() => {
        actions.dismiss(id);
        undo();
      }}
    >
      Undo
    </Button>
  );
}
