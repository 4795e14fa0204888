// A modal dialog with a title and a way out.

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './widgets.module.css';

export function Dialog(props: {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Base.Root open onOpenChange={open => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={`${styles.dialog} ${props.wide ? styles.wide : ''}`}>
          <header className={styles.dialogHead}>
            <Base.Title className={styles.dialogTitle}>{props.title}</Base.Title>
            <Base.Close className={styles.iconButton} aria-label="Close">
              <X size={14} aria-hidden />
            </Base.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached, to be scrolled with keys */}
          <div className={styles.dialogBody} tabIndex={0}>
            {props.children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
