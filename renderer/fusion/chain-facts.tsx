// A group that runs depth-first: what lies between its steps exists row by row only, and what that costs.

import type { DepthFirstChain } from '../../engine/report/types/compile.ts';
import { formatBytes, formatCount } from '../format/units.ts';
import styles from './fusion.module.css';

export function ChainFacts({ chain }: { readonly chain: DepthFirstChain }) {
  const { members, kept, tensorBytes, ringBytes, multiplyAdds, extraMultiplyAdds } = chain;
  const facts: readonly (readonly [string, string])[] = [
    ['Steps in turns', members.join(' → ')],
    ['Only rows of', kept.join(', ')],
    ['Whole tensors', formatBytes(tensorBytes)],
    ['Rows kept', formatBytes(ringBytes)],
    ['Multiply-adds', formatCount(multiplyAdds)],
    ['Computed again', `${formatCount(extraMultiplyAdds)}, where workers begin inside an image`],
  ];
  return (
    <section>
      <h3 className={styles.heading}>Depth-first</h3>
      <dl className={styles.chain}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
