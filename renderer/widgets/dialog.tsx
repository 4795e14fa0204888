// A modal dialog with a title and a way out.

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import controls from './controls.module.css';
import popups from './popups.module.css';

export function Dialog(props: {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Base.Root open onOpenChange={open => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={popups.backdrop} />
        <Base.Popup className={`${popups.dialog} ${props.wide ? popups.wide : ''}`}>
          <header className={popups.dialogHead}>
            <Base.Title className={popups.dialogTitle}>{props.title}</Base.Title>
            <Base.Close className={controls.iconButton} aria-label="Close">
              <X size={14} aria-hidden />
            </Base.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached, to be scrolled with keys */}
          <div className={popups.dialogBody} tabIndex={0}>
            {props.children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
