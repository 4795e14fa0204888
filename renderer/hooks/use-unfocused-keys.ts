// Keys that nothing with the focus takes, as after a model was opened, or a setting chosen: they are the view's.

import { useEffectEvent, useLayoutEffect } from 'react';
import { latinKey } from '../state/commands/latin-key.ts';
import { isModal, takesText } from './use-shortcuts.ts';

/** A key press, of React or of the document. */
export type KeyPress = Pick<
  KeyboardEvent,
  'target' | 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'preventDefault'
>;

/** Calls `onKey` for keys that neither a view, a field nor a dialog takes. */
export function useUnfocusedKeys(onKey: (event: KeyPress) => void): void {
  const onUnfocusedKey = useEffectEvent(onKey);
  // As soon as the view is drawn: who sees it may press a key.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && isFree(event)) onUnfocusedKey(event);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Tabs, buttons, lists and tables have their own arrows and Enter, but no letters. */
function isFree(event: KeyboardEvent): boolean {
  if (event.target === document.body) return true;
  return /^[a-z]$/.test(latinKey(event)) && !takesText(event) && !isModal(event);
}
