// Files and folders can be dropped anywhere on the window.

import { type DragEvent, type ReactNode, useState } from 'react';
import { filesOfDrop } from '../bridge/picked-files.ts';
import { useActions } from '../hooks/app-context.ts';
import styles from './drop-zone.module.css';

export function DropZone({ children }: { readonly children: ReactNode }) {
  const actions = useActions();
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const onDrop = async (event: DragEvent): Promise<void> => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(false);
    await actions.openFiles(await filesOfDrop(event.dataTransfer));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; File → Open does the same from the keyboard
    <div
      className={styles.dropZone}
      onDragOver={event => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={event =>
        event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)
      }
      onDrop={event => void onDrop(event)}
    >
      {children}
      {over && <div className={styles.dropHint}>Drop a model, or a folder with its external data</div>}
    </div>
  );
}
