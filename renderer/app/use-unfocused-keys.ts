// Keys while nothing has the focus, as after a model was opened, or only the tab that led to a view: they are the view's.

import { useEffect, useEffectEvent } from 'react';

/** A key press, of React or of the document. */
export type KeyPress = Pick<
  KeyboardEvent,
  'target' | 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'preventDefault'
>;

export function useUnfocusedKeys(onKey: (event: KeyPress) => void): void {
  const onUnfocusedKey = useEffectEvent(onKey);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && isFree(event)) onUnfocusedKey(event);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Of a tab only letters are free: arrows lead to its neighbours. */
function isFree({ target, key }: KeyboardEvent): boolean {
  if (target === document.body) return true;
  return target instanceof Element && target.closest('[role="tab"]') !== null && /^[a-z]$/.test(key);
}
