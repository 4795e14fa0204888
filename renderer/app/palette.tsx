// The command palette: every command by name, with its shortcut; samples and files opened lately after them.

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import type { ModelSource } from '../../engine/protocol.ts';
import type { AppState } from '../state/app-state.ts';
import type { Command as TableCommand } from '../state/commands/command.ts';
import { COMMANDS } from '../state/commands.ts';
import widgets from '../widgets/widgets.module.css';
import { useApp, useAppParts } from './app-context.ts';
import styles from './palette.module.css';

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { store, actions } = useAppParts();
  // Samples and recent files may arrive while it is open.
  const state = useApp(state => state);
  return (
    <Base.Root open onOpenChange={open => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={widgets.backdrop} />
        <Base.Popup className={widgets.dialog} aria-label="Command palette">
          <Command label="Commands" loop className={styles.palette}>
            <Command.Input
              className={styles.paletteInput}
              placeholder="Type a command, or the name of a sample or recent file"
              autoFocus
            />
            <Command.List className={styles.paletteList}>
              <Command.Empty className={styles.paletteEmpty}>Nothing of that name.</Command.Empty>
              {commandsFor(state).map(command => (
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
              {openable(state).map(({ section, name, where, source }) => (
                <Command.Item
                  key={`${section} ${where}`}
                  value={`Open ${section} ${name} ${where}`}
                  className={styles.paletteItem}
                  onSelect={() => {
                    onClose();
                    void actions.open(source);
                  }}
                >
                  <span className={styles.paletteMenu}>{section}</span>
                  Open {name}
                  <span className={styles.paletteWhere}>{where}</span>
                </Command.Item>
              ))}
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** What can be done now comes first, each part in the order of the menus. */
const commandsFor = (state: AppState): readonly TableCommand[] =>
  COMMANDS.filter(command => command.id !== 'palette').toSorted(
    (a, b) => Number(b.enabled(state)) - Number(a.enabled(state)),
  );

interface Openable {
  readonly section: 'Sample' | 'Recent';
  readonly name: string;
  readonly where: string;
  readonly source: ModelSource;
}

/** What can be opened by its name. */
const openable = ({ samples, recent }: AppState): readonly Openable[] => [
  ...samples.map(
    ({ name, title }): Openable => ({
      section: 'Sample',
      name: title,
      where: name,
      source: { kind: 'sample', name },
    }),
  ),
  ...recent.map(
    ({ name, path }): Openable => ({ section: 'Recent', name, where: path, source: { kind: 'path', path } }),
  ),
];
