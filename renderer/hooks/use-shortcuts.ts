// Listens to the keyboard for the whole page and runs the command a key press stands for.

import { useLayoutEffect } from 'react';
import { commandFor } from '../state/commands/shortcuts.ts';
import { useAppParts } from './app-context.ts';

export function useShortcuts(): void {
  const { store, actions } = useAppParts();
  // As soon as the window is drawn, not a moment later: who sees it may press a key.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // A view that used the key has said so.
      if (event.defaultPrevented || isModal(event)) return;
      const command = commandFor(event, takesText(event));
      if (!command) return;
      const state = store.getState();
      // The browser's own Ctrl+S or Ctrl+F must not come instead, not even when ours is disabled.
      event.preventDefault();
      // Nor what the focus would do: a switch takes Ctrl+Enter for Enter.
      event.stopPropagation();
      if (command.enabled(state)) command.run(actions, state);
    };
    // Keys with Ctrl are the app's wherever the focus is; the others are first what has the focus makes of them.
    const onControl = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey) onKeyDown(event);
    };
    addEventListener('keydown', onControl, { capture: true });
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('keydown', onControl, { capture: true });
      removeEventListener('keydown', onKeyDown);
    };
  }, [store, actions]);
}

/** An open dialog, menu or list has the keyboard to itself; one that was closed may still be drawn. */
export const isModal = ({ target }: Pick<KeyboardEvent, 'target'>): boolean =>
  target instanceof Element &&
  target.closest(':is([role="dialog"], [role="menu"], [role="listbox"]):not([data-closed])') !== null;

/** Whether keys go into a text field. */
export function takesText({ target }: Pick<KeyboardEvent, 'target'>): boolean {
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'range', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement;
}
