// The command palette: every command by name, with its shortcut; samples and files opened lately after them, or alone.

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { useState } from 'react';
import type { ModelSource } from '../../../engine/protocol.ts';
import { useApp, useAppParts } from '../../hooks/app-context.ts';
import type { Actions } from '../../state/actions.ts';
import type { AppState } from '../../state/app-state.ts';
import { COMMANDS } from '../../state/commands/commands.ts';
import controls from '../../widgets/controls.module.css';
import popups from '../../widgets/popups.module.css';
import styles from './palette.module.css';
import { type Findable, found } from './palette-match.ts';

/** `only`: nothing but what can be opened. */
export function Palette(props: { readonly only?: 'openable'; readonly onClose: () => void }) {
  const { store, actions } = useAppParts();
  const [query, setQuery] = useState('');
  const [asked] = useState(() => store.getState().findAsked);
  // Samples and recent files may arrive while it is open.
  const state = useApp(state => state);
  const entries = [...(props.only ? [] : commandEntries(state)), ...openable(state)];
  const label = props.only ? 'Open a sample or recent file' : 'Command palette';
  const choose = (entry: Entry): void => {
    if (!entry.enabled) return;
    props.onClose();
    entry.run(actions, store.getState());
  };
  return (
    <Base.Root open onOpenChange={open => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={popups.backdrop} />
        <Base.Popup
          className={popups.dialog}
          aria-label={label}
          finalFocus={() => !takesFocus(store.getState(), asked)}
        >
          <Command label={label} loop shouldFilter={false} className={styles.palette}>
            <Command.Input
              className={styles.paletteInput}
              placeholder={
                props.only
                  ? 'Type the name of a sample or recent file'
                  : 'Type a command, or the name of a sample or recent file'
              }
              value={query}
              onValueChange={setQuery}
              autoFocus
            />
            <Command.List className={styles.paletteList}>
              <Command.Empty className={styles.paletteEmpty}>Nothing of that name.</Command.Empty>
              {found(entries, query).map(entry => (
                // Not `disabled` of the library: it puts such items first.
                <Command.Item
                  key={entry.key}
                  value={entry.key}
                  className={styles.paletteItem}
                  data-greyed={!entry.enabled || undefined}
                  onSelect={() => choose(entry)}
                >
                  <span className={styles.paletteMenu}>{entry.section}</span>
                  {entry.title}
                  {!entry.enabled && <span className="visually-hidden">, not possible now</span>}
                  {entry.where !== undefined && <span className={styles.paletteWhere}>{entry.where}</span>}
                  {entry.shortcut !== undefined && <kbd className={controls.kbd}>{entry.shortcut}</kbd>}
                </Command.Item>
              ))}
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Whether what was chosen has the focus now: another dialog, or the search asked for since the palette opened. */
const takesFocus = ({ dialog, findAsked }: AppState, before: number): boolean =>
  dialog !== undefined || findAsked !== before;

interface Entry extends Findable {
  readonly key: string;
  readonly section: string;
  readonly where?: string;
  readonly shortcut?: string;
  readonly run: (actions: Actions, state: AppState) => void;
}

/** Every command but the palette itself, in the order of the menus. */
const commandEntries = (state: AppState): readonly Entry[] =>
  COMMANDS.filter(({ id }) => id !== 'palette').map(
    ({ id, menu, title, shortcut, enabled, run }): Entry => ({
      key: id,
      section: menu,
      title,
      also: menu,
      enabled: enabled(state),
      run,
      ...(shortcut !== undefined && { shortcut }),
    }),
  );

/** What can be opened by its name. */
const openable = ({ samples, recent }: AppState): readonly Entry[] => [
  ...samples.map(({ name, title }) => opening('Sample', title, name, { kind: 'sample', name })),
  ...recent.map(({ name, path }) => opening('Recent', name, path, { kind: 'path', path })),
];

const opening = (section: string, name: string, where: string, source: ModelSource): Entry => ({
  key: `${section} ${where}`,
  section,
  title: `Open ${name}`,
  also: `${section} ${where}`,
  where,
  enabled: true,
  run: actions => void actions.open(source),
});
