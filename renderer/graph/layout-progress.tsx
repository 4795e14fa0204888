// Says that a layout is on its way, once that takes long enough to be noticed, and lets it be cancelled.

import { useEffect, useState } from 'react';
import { formatCount } from '../format/units.ts';
import { Button } from '../widgets/button.tsx';
import styles from './panels.module.css';
import type { PendingLayout } from './scene/use-scene.ts';

const NOTICED_MS = 200;

export function LayoutProgress({ pending }: { readonly pending: PendingLayout }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), NOTICED_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div className={styles.layout} role="status">
      Laying out {formatCount(pending.nodes)} nodes and groups…{' '}
      <Button onClick={pending.cancel}>Cancel layout</Button>
    </div>
  );
}
