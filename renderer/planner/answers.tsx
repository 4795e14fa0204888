// Answers to "does it fit": into one memory with which changes, or into several with how much traffic.

import { counted } from '../../engine/report/counted.ts';
import type { BudgetAnswer, PoolAnswer, WhatIf } from '../../engine/report/what-if/types.ts';
import { formatBytes, formatInteger } from '../format/units.ts';
import styles from './planner.module.css';

/** More changes would push away what they are about: a click lists them. */
const MOST_LISTED = 8;

export function BudgetAnswerText(props: {
  readonly answer: BudgetAnswer;
  readonly items: readonly WhatIf[];
}) {
  const { answer, items } = props;
  const { budgetBytes, fits, missingBytes, point, executed } = answer;
  const { changes } = point;
  const runs = executed !== undefined && (executed.peakBytes <= budgetBytes || !fits);
  return (
    <div className={styles.answer} role="status">
      <p>
        <b className={fits ? styles.fits : styles.lacks}>
          {fits
            ? `Fits into ${formatBytes(budgetBytes)}`
            : `Lacks ${formatBytes(missingBytes)} of ${formatBytes(budgetBytes)}`}
        </b>
        {runs && `: ${formatBytes(executed.peakBytes)} as executed, ${executed.title}`}
        {runs ? '; as given ' : ': as given '}
        {formatBytes(point.peakBytes)}
        {changes.length === 0 ? ' without any change' : ` with ${counted(changes.length, 'change')}`}
      </p>
      {changes.length > 0 && (
        <details open={changes.length <= MOST_LISTED}>
          <summary>{changes.length === 1 ? 'The change' : `The ${changes.length} changes`}</summary>
          <ol>
            {changes.map(id => (
              <li key={id}>{items.find(item => item.id === id)?.title ?? id}</li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

export function PoolAnswerTable({ answer }: { readonly answer: PoolAnswer }) {
  return (
    <div className={styles.answer} role="status">
      <p>
        <b className={answer.fits ? styles.fits : styles.lacks}>
          {answer.fits
            ? `Fits into ${answer.pools.length} memories`
            : `Lacks ${formatBytes(answer.missingBytes)}`}
        </b>
        {answer.schedule !== 'as given' && `, ${answer.schedule}`}
        {answer.fits &&
          (answer.proved
            ? ': no assignment costs less'
            : `: none costs less than ${answer.leastCost} of ${answer.cost}, one in between is not ruled out`)}
      </p>
      {answer.fits && (
        <table className={styles.pools}>
          <thead>
            <tr>
              <th scope="col">Memory</th>
              <th scope="col">Size</th>
              <th scope="col">Used</th>
              <th scope="col">Traffic</th>
              <th scope="col">Tensors</th>
            </tr>
          </thead>
          <tbody>
            {answer.pools.map((pool, index) => (
              <tr key={pool.id}>
                <th scope="row">{pool.id}</th>
                <td>{formatBytes(pool.sizeBytes)}</td>
                <td>{formatBytes(pool.peakBytes)}</td>
                <td>{formatBytes(pool.trafficBytes)}</td>
                <td>{formatInteger(answer.tensors.filter(tensor => tensor.pool === index).length)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
