// A name cut in its middle where there is no room for it: both ends of a tensor's name tell something.

import styles from './widgets.module.css';

/** Characters at the end that always stay. */
const KEPT = 7;

export function MiddleText({ text, mono = false }: { readonly text: string; readonly mono?: boolean }) {
  const cut = Math.max(text.length - KEPT, Math.ceil(text.length / 2));
  return (
    <span className={`${styles.middleText} ${mono ? 'mono' : ''}`} title={text}>
      <span>{text.slice(0, cut)}</span>
      <span>{text.slice(cut)}</span>
    </span>
  );
}
