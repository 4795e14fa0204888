// Where the graph is searched: a button, or the box it opens. What a hit lies in is opened on the way there.

import { Panel } from '@xyflow/react';
import { Search } from 'lucide-react';
import { useActions, useApp } from '../../hooks/app-context.ts';
import { IconButton } from '../../widgets/button.tsx';
import styles from '../graph.module.css';
import { closedAround, type ScopeTree } from '../scene/scopes.ts';
import { SearchBox } from './search-box.tsx';

interface FindPanelProps {
  readonly tree: ScopeTree;
  /** ids of open scopes */
  readonly open: ReadonlySet<string>;
}

export function FindPanel({ tree, open }: FindPanelProps) {
  const actions = useActions();
  const finding = useApp(state => state.finding);
  return (
    <Panel position="top-right" className={styles.findPanel}>
      {finding ? (
        <SearchBox
          onGo={nodes => {
            const closed = new Set(nodes.flatMap(node => closedAround(tree, open, node)));
            for (const scope of closed) actions.toggleScope(scope);
          }}
        />
      ) : (
        <IconButton
          label="Find in graph"
          shortcut="Ctrl+F"
          className={styles.find}
          onClick={() => actions.setFinding(true)}
        >
          <Search size={14} aria-hidden />
        </IconButton>
      )}
    </Panel>
  );
}
