// A name cut in its middle where there is no room for it: both ends of a tensor's name tell something.

import styles from './widgets.module.css';

export function MiddleText(props: {
  readonly text: string;
  readonly mono?: boolean;
  /** what stands in the tooltip, where that is more */
  readonly whole?: string;
  /** characters at the end that always stay */
  readonly kept?: number;
}) {
  const { text, whole = text, mono = false, kept = 7 } = props;
  const cut = Math.max(text.length - kept, Math.ceil(text.length / 2));
  return (
    <span className={`${styles.middleText} ${mono ? 'mono' : ''}`} title={whole}>
      <span>{text.slice(0, cut)}</span>
      <span>{text.slice(cut)}</span>
    </span>
  );
}
