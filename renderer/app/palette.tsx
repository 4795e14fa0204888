// The command palette: every command by name, with its shortcut.

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { COMMANDS } from '../state/commands.ts';
import widgets from '../widgets/widgets.module.css';
import styles from './app.module.css';
import { useAppParts } from './app-context.ts';

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { store, actions } = useAppParts();
  const state = store.getState();
  return (
    <Base.Root open onOpenChange={open => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={widgets.backdrop} />
        <Base.Popup className={widgets.dialog} aria-label="Command palette">
          <Command label="Commands" loop className={styles.palette}>
            <Command.Input className={styles.paletteInput} placeholder="Type a command" autoFocus />
            <Command.List className={styles.paletteList}>
              <Command.Empty className={styles.muted}>No command of that name.</Command.Empty>
              {COMMANDS.filter(command => command.id !== 'palette').map(command => (
                <Command.Item
                  key={command.id}
                  value={`${command.menu} ${command.title}`}
                  className={styles.paletteItem}
                  disabled={!command.enabled(state)}
                  onSelect={() => {
                    onClose();
                    command.run(actions, store.getState());
                  }}
                >
                  <span className={styles.paletteMenu}>{command.menu}</span>
                  {command.title}
                  {command.shortcut && <kbd className={widgets.kbd}>{command.shortcut}</kbd>}
                </Command.Item>
              ))}
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
