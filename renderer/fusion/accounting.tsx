// What fusing came to, counted: members apart, and together. Of one group, or of the whole model.

import type { FusedGroup } from '../../engine/report/types/compile.ts';
import { formatBytes, formatCount, formatShare } from '../format/units.ts';
import { FiguresHead } from '../tables/figures-head.tsx';
import styles from './fusion.module.css';

/** What is counted, apart and together. */
export type Change = readonly [name: string, apart: number, together: number];

export function Accounting(props: {
  /** loop iterations, element reads and writes */
  readonly account: Pick<FusedGroup, 'before' | 'after'>;
  /** other counts, before these */
  readonly counts?: readonly Change[];
  /** of tensors between */
  readonly bytes: readonly Change[];
}) {
  const { counts = [], bytes } = props;
  const { before, after } = props.account;
  const rows: readonly Change[] = [
    ...counts,
    ['Loop iterations', before.loops, after.loops],
    ['Element reads', before.reads, after.reads],
    ['Element writes', before.writes, after.writes],
  ];
  return (
    <table className={styles.accounting}>
      <FiguresHead corner="What is counted" sides={['Apart', 'Together', 'Ratio']} />
      <tbody>
        {rows.map(change => (
          <Row key={change[0]} change={change} format={formatCount} />
        ))}
        {bytes.map(change => (
          <Row key={change[0]} change={change} format={formatBytes} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { readonly change: Change; readonly format: (count: number) => string }) {
  const {
    format,
    change: [name, apart, together],
  } = props;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{format(apart)}</td>
      <td>{format(together)}</td>
      <td>{apart > 0 ? formatShare(together / apart) : '–'}</td>
    </tr>
  );
}
