// Listens to the keyboard for the whole page and runs the command a key press stands for.

import { useEffect } from 'react';
import { commandFor } from '../state/shortcuts.ts';
import { useAppParts } from './app-context.ts';

export function useShortcuts(): void {
  const { store, actions } = useAppParts();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // An open dialog or menu has the keyboard to itself; a view that used the key has said so.
      if (
        event.defaultPrevented ||
        (event.target instanceof Element &&
          event.target.closest('[role="dialog"], [role="menu"], [role="listbox"]'))
      )
        return;
      const command = commandFor(event, takesText(event));
      if (!command) return;
      const state = store.getState();
      // The browser's own Ctrl+S or Ctrl+F must not come instead, not even when ours is disabled.
      event.preventDefault();
      if (command.enabled(state)) command.run(actions, state);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [store, actions]);
}

/** Whether the key goes into a text field, or to a closed list that jumps to what is typed. */
function takesText({ target, key }: KeyboardEvent): boolean {
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'range', 'button'].includes(target.type);
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof Element && target.closest('[role="combobox"]') !== null && /^[a-z0-9]$/i.test(key);
}
