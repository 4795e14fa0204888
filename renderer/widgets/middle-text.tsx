// A name cut in its middle where there is no room for it: both ends of a tensor's name tell something.
// Drawn is what there is room for; read aloud, selected and copied is the whole name.

import { endFrom, fittedName } from '../format/short-path.ts';
import styles from './widgets.module.css';

/** px of a character in the font of names */
const ADVANCE = 7.3;

export function MiddleText(props: {
  readonly text: string;
  readonly mono?: boolean;
  /** what stands in the tooltip, where that is more */
  readonly whole?: string;
  /** px there are for a name in mono, where that is known: scopes are shortened first, then it is cut evenly */
  readonly room?: number;
}) {
  const { whole = props.text, mono = false, room = 0 } = props;
  const text = mono && room > 0 ? fittedName(props.text, Math.floor(room / ADVANCE)) : props.text;
  const cut = endFrom(text, KEPT);
  return (
    <span className={`${styles.middleText} ${mono ? 'mono' : ''}`} title={whole}>
      <span className={styles.wholeText}>{props.text}</span>
      <span className={styles.start} data-text={text.slice(0, cut)} aria-hidden />
      <span className={styles.end} data-text={text.slice(cut)} aria-hidden />
    </span>
  );
}

/** Characters at the end that stay where only the browser knows how much room there is. */
const KEPT = 7;
