// What is kept of models compiled earlier, and the way to forget it.

import { useEffect, useState } from 'react';
import type { Replies } from '../../../engine/protocol.ts';
import { counted } from '../../../engine/report/counted.ts';
import { formatBytes } from '../../format/units.ts';
import { useAppParts } from '../../hooks/app-context.ts';
import { errorOf, notify, notifyFailure } from '../../state/store.ts';
import { Button } from '../../widgets/button.tsx';
import text from '../text.module.css';
import styles from './dialogs.module.css';

export function KeptPrograms({ onClose }: { readonly onClose: () => void }) {
  const { bridge, store } = useAppParts();
  const [kept, setKept] = useState<Replies['cache']>();
  useEffect(() => {
    const abort = new AbortController();
    bridge.request('cache', { clear: false }, { signal: abort.signal }).then(
      reply => !abort.signal.aborted && setKept(reply),
      failure => notifyFailure(store, 'Looking for compiled programs failed', errorOf(failure)),
    );
    return () => abort.abort();
  }, [bridge, store]);
  const clear = async (): Promise<void> => {
    onClose();
    try {
      const gone = await bridge.request('cache', { clear: true });
      notify(store, { severity: 'info', title: 'Compiled programs cleared', message: sizeText(gone) });
    } catch (failure) {
      notifyFailure(store, 'Clearing compiled programs failed', errorOf(failure));
    }
  };
  if (!kept) return <p className={text.muted}>Looking…</p>;
  const isEmpty = kept.programs === 0 && kept.codeBytes === 0;
  return (
    <div className={styles.about}>
      <p>
        A model that was compiled before starts from what is kept of it on this computer: its code, its plan
        and its packed weights. Cleared, it is compiled again when it is needed; models and runs stay.
      </p>
      <dl className={text.facts}>
        <div>
          <dt>Kept</dt>
          <dd>{isEmpty ? 'nothing' : sizeText(kept)}</dd>
        </div>
        <div>
          <dt>In</dt>
          <dd className="mono">{kept.folder}</dd>
        </div>
      </dl>
      <p>
        <Button emphasis="primary" disabled={isEmpty} onClick={() => void clear()}>
          Clear
        </Button>
      </p>
    </div>
  );
}

const sizeText = ({ programs, sizeBytes, codeBytes }: Replies['cache']): string =>
  `${counted(programs, 'program')}, ${formatBytes(sizeBytes)}; ${formatBytes(codeBytes)} of the engine’s own code`;
