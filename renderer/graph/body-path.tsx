// The way into a body of If, Loop or Scan: every level is a link back.

import { ChevronRight } from 'lucide-react';
import { useActions } from '../hooks/app-context.ts';
import type { OpenModel } from '../state/app-state.ts';
import { levelsOf } from '../state/derived/bodies.ts';
import styles from './panels.module.css';

export function BodyPath({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const levels = levelsOf(model);
  if (levels.length < 2) return null;
  return (
    <nav className={styles.path} aria-label="Subgraph">
      <ol>
        {levels.map(({ depth, title }) => (
          <li key={depth}>
            {depth > 0 && <ChevronRight size={12} aria-hidden />}
            {depth === levels.length - 1 ? (
              <span aria-current="location">{title}</span>
            ) : (
              <button type="button" className={styles.level} onClick={() => actions.leaveBody(depth)}>
                {title}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
