// The group's kernel as generated: WebAssembly as text with the names of its locals, nesting shown by indentation.

import { Copy } from 'lucide-react';
import { useState } from 'react';
import { counted } from '../../engine/report/counted.ts';
import { formatBytes } from '../format/units.ts';
import { useAppParts } from '../hooks/app-context.ts';
import { copyText } from '../page/copy-text.ts';
import { Button } from '../widgets/button.tsx';
import styles from './fusion.module.css';
import { REACHABLE } from './reachable.ts';
import { useCode } from './use-code.ts';

/** A page of code: more would take long to lay out. */
const LINES_SHOWN = 400;

export function CodePanel({ group }: { readonly group: string }) {
  const [open, setOpen] = useState(false);
  return (
    <section>
      <h3 className={styles.heading}>
        <button
          type="button"
          className={styles.disclosure}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? '▾' : '▸'} Generated code
        </button>
      </h3>
      {open && <Code group={group} />}
    </section>
  );
}

function Code({ group }: { readonly group: string }) {
  const { store } = useAppParts();
  const state = useCode(group);
  const [all, setAll] = useState(false);
  if (state.kind === 'waiting') return <p className={styles.faint}>Generating…</p>;
  if (state.kind === 'failed') return <p className={styles.faint}>{state.error.message}</p>;
  const { text, moduleBytes } = state.code;
  const lines = text.split('\n');
  const shown = all ? lines : lines.slice(0, LINES_SHOWN);
  return (
    <>
      <div className={styles.codeBar}>
        <span className={styles.faint}>
          {counted(lines.length, 'line')} of a module of {formatBytes(moduleBytes)}
        </span>
        <Button onClick={() => void copyText(store, text, `The code of ${group}`)}>
          <Copy size={12} aria-hidden /> Copy
        </Button>
      </div>
      <section className={styles.listing} aria-label="Generated code" {...REACHABLE}>
        <pre className={styles.listingText}>{shown.join('\n')}</pre>
      </section>
      {shown.length < lines.length && (
        <Button onClick={() => setAll(true)}>Show all {counted(lines.length, 'line')}</Button>
      )}
    </>
  );
}
