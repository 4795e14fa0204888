// The dialogs a command can open: palette, shortcut sheet, folder browser, about.

import { useEffect, useRef, useState } from 'react';
import type { Replies } from '../../../engine/protocol.ts';
import { formatBytes } from '../../format/units.ts';
import { useActions, useApp, useAppParts } from '../../hooks/app-context.ts';
import { InputForm } from '../../inputs/input-form.tsx';
import { MENUS } from '../../state/commands/command.ts';
import { COMMANDS, VIEW_KEYS } from '../../state/commands/commands.ts';
import { errorOf, notifyFailure } from '../../state/store.ts';
import { Dialog } from '../../widgets/dialog.tsx';
import text from '../text.module.css';
import styles from './dialogs.module.css';
import { KeptPrograms } from './kept-programs.tsx';
import { Palette } from './palette.tsx';

export function Dialogs() {
  const actions = useActions();
  const dialog = useApp(state => state.dialog);
  const close = actions.closeDialog;
  switch (dialog) {
    case 'palette':
      return <Palette key="commands" onClose={close} />;
    case 'openable':
      return <Palette key="openable" only="openable" onClose={close} />;
    case 'shortcuts':
      return (
        <Dialog title="Keyboard shortcuts" wide onClose={close}>
          <ShortcutSheet />
        </Dialog>
      );
    case 'browse':
      return (
        <Dialog title="Open from the served folder" onClose={close}>
          <Browser onClose={close} />
        </Dialog>
      );
    case 'inputs':
      return (
        <Dialog title="Input data" wide onClose={close}>
          <InputForm />
        </Dialog>
      );
    case 'kept-programs':
      return (
        <Dialog title="Compiled programs" onClose={close}>
          <KeptPrograms onClose={close} />
        </Dialog>
      );
    case 'about':
      return (
        <Dialog title="About Arenascope" onClose={close}>
          <About />
        </Dialog>
      );
    default:
      return null;
  }
}

function ShortcutSheet() {
  const groups = [
    ...MENUS.map(menu => ({
      title: menu,
      rows: COMMANDS.filter(command => command.menu === menu && command.shortcut).map(command => ({
        title: command.title,
        keys: command.shortcut ?? '',
      })),
    })),
    ...[...new Set(VIEW_KEYS.map(entry => entry.where))].map(where => ({
      title: `${where}, while it has the focus`,
      rows: VIEW_KEYS.filter(entry => entry.where === where),
    })),
  ];
  return (
    <div className={styles.sheet}>
      {groups.map(group => (
        <section key={group.title} className={styles.sheetGroup}>
          <h3 className={text.heading}>{group.title}</h3>
          <dl>
            {group.rows.map(row => (
              <div key={row.title} className={styles.sheetRow}>
                <dt>{row.title}</dt>
                <dd>
                  <kbd>{row.keys}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

function Browser({ onClose }: { readonly onClose: () => void }) {
  const { bridge, actions, store } = useAppParts();
  // None at first: the shell knows where models were opened last.
  const [folder, setFolder] = useState<string>();
  const [listing, setListing] = useState<Replies['browse']>();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const abort = new AbortController();
    bridge.request('browse', folder === undefined ? {} : { folder }, { signal: abort.signal }).then(
      reply => !abort.signal.aborted && setListing(reply),
      failure => notifyFailure(store, 'Browsing failed', errorOf(failure)),
    );
    return () => abort.abort();
  }, [bridge, store, folder]);
  // What was pressed is gone with the folder it stood in: keys go on in the one it led to.
  useEffect(() => {
    if (listing) list.current?.querySelector('button')?.focus();
  }, [listing]);
  if (!listing) return <p className={text.muted}>Reading the folder…</p>;
  return (
    <>
      <p className={`mono ${text.muted}`}>{listing.folder || '/'}</p>
      <ul ref={list}>
        {listing.folder !== '' && (
          <li>
            <button
              type="button"
              className={styles.browseEntry}
              onClick={() => setFolder(parentOf(listing.folder))}
            >
              ..
            </button>
          </li>
        )}
        {listing.entries.map(entry => (
          <li key={entry.path}>
            <button
              type="button"
              className={styles.browseEntry}
              onClick={() => {
                if (entry.kind === 'folder') setFolder(entry.path);
                else {
                  onClose();
                  void actions.open({ kind: 'path', path: entry.path });
                }
              }}
            >
              <span>
                {entry.name}
                {entry.kind === 'folder' && '/'}
              </span>
              {entry.bytes !== undefined && <span className={text.muted}>{formatBytes(entry.bytes)}</span>}
            </button>
          </li>
        ))}
      </ul>
      {listing.entries.length === 0 && <p className={text.muted}>No models or folders here.</p>}
    </>
  );
}

const parentOf = (folder: string): string => folder.split('/').slice(0, -1).join('/');

function About() {
  const machine = useApp(state => state.machine);
  return (
    <div className={styles.about}>
      <p>
        Arenascope shows where a neural network’s memory and time go, and what fusion and memory planning buy.
        Models are opened, planned and run on this computer; nothing is sent anywhere.
      </p>
      {machine && (
        <dl className={text.facts}>
          <div>
            <dt>Processor</dt>
            <dd>
              {machine.cpu}, {machine.cores} cores
            </dd>
          </div>
          <div>
            <dt>SIMD classes</dt>
            <dd>{machine.simd.join(', ')}</dd>
          </div>
          <div>
            <dt>Engine</dt>
            <dd>
              Node {machine.node}, V8 {machine.v8}
            </dd>
          </div>
        </dl>
      )}
    </div>
  );
}
