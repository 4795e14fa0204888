// How the graph is drawn, what is open in it, and following lines.

import type { Actions } from '../actions.ts';
import { type AppState, activeModel, type GraphLook } from '../app-state.ts';
import { insideOf } from '../derived/bodies.ts';
import { colourOf } from '../derived/graph-colour.ts';
import { isInComparison } from '../derived/versions.ts';
import type { Command } from './command.ts';
import { bothCompared, hasModel, hasPlan, hasRuns, hasSelection } from './conditions.ts';

interface Colouring extends Pick<Command, 'shortcut' | 'enabled'> {
  readonly colour: GraphLook['colour'];
  readonly by: string;
}

const COLOURS: readonly Colouring[] = [
  { colour: 'family', by: 'operator family', enabled: hasModel },
  { colour: 'time', by: 'measured time', shortcut: 'Shift+T', enabled: hasRuns },
  { colour: 'difference', by: 'time difference of A and B', shortcut: 'Shift+D', enabled: bothCompared },
  { colour: 'changes', by: 'changes against the other model', shortcut: 'Shift+A', enabled: hasChanges },
  { colour: 'bytes', by: 'bytes written', shortcut: 'Shift+B', enabled: hasPlan },
  { colour: 'peak', by: 'share of the peak', shortcut: 'Shift+K', enabled: hasPlan },
  { colour: 'fusion', by: 'fusion', shortcut: 'Shift+G', enabled: hasPlan },
];

export const GRAPH: readonly Command[] = [
  {
    id: 'expand',
    title: 'Expand, collapse or enter what is selected',
    menu: 'Graph',
    shortcut: 'E',
    enabled: state => expandable(state) !== undefined,
    run: (a, state) => expandable(state)?.(a),
  },
  {
    id: 'expand-all',
    title: 'Expand all groups',
    menu: 'Graph',
    shortcut: 'Shift+E',
    enabled: hasModel,
    run: a => a.openScopes('all'),
  },
  {
    id: 'collapse-all',
    title: 'Collapse all groups',
    menu: 'Graph',
    shortcut: 'Shift+C',
    enabled: hasModel,
    run: a => a.openScopes('none'),
  },
  {
    id: 'leave-body',
    title: 'Leave the subgraph',
    menu: 'Graph',
    shortcut: 'Backspace',
    enabled: state => (activeModel(state)?.path.length ?? 0) > 0,
    run: (a, state) => a.leaveBody((activeModel(state)?.path.length ?? 1) - 1),
  },
  {
    id: 'graph-direction',
    title: 'Draw from left to right',
    menu: 'Graph',
    section: true,
    shortcut: 'H',
    enabled: hasModel,
    checked: state => state.graph.direction === 'right',
    run: (a, state) => a.setGraphLook({ direction: state.graph.direction === 'right' ? 'down' : 'right' }),
  },
  {
    id: 'graph-wrap',
    title: 'Break long graphs into columns',
    menu: 'Graph',
    shortcut: 'Shift+W',
    enabled: hasModel,
    checked: state => state.graph.wrap,
    run: (a, state) => a.setGraphLook({ wrap: !state.graph.wrap }),
  },
  {
    id: 'graph-fused',
    title: 'Draw fused groups as one operator',
    menu: 'Graph',
    shortcut: 'G',
    enabled: hasPlan,
    checked: state => state.graph.fusion === 'joined',
    run: (a, state) => a.setGraphLook({ fusion: state.graph.fusion === 'joined' ? 'framed' : 'joined' }),
  },
  {
    id: 'minimap',
    title: 'Minimap',
    menu: 'Graph',
    shortcut: 'M',
    enabled: hasModel,
    checked: state => state.graph.minimap,
    run: (a, state) => a.setGraphLook({ minimap: !state.graph.minimap }),
  },
  ...COLOURS.map(
    ({ colour, by, shortcut, enabled }, index): Command => ({
      id: `colour-${colour}`,
      title: `Colour by ${by}`,
      menu: 'Graph',
      ...(index === 0 && { section: true }),
      ...(shortcut !== undefined && { shortcut }),
      enabled,
      checked: state => colourOf(state) === colour,
      run: a => a.setGraphLook({ colour }),
    }),
  ),
  {
    id: 'trace-inputs',
    title: 'Select all that leads to it',
    menu: 'Graph',
    section: true,
    shortcut: 'Shift+I',
    enabled: hasSelection,
    run: a => a.trace('inputs'),
  },
  {
    id: 'trace-outputs',
    title: 'Select all that depends on it',
    menu: 'Graph',
    shortcut: 'Shift+O',
    enabled: hasSelection,
    run: a => a.trace('outputs'),
  },
];

/** What expanding means for the selection: opening or closing a scope, or going into a body. */
function expandable(state: AppState): ((actions: Actions) => void) | undefined {
  const outer = activeModel(state);
  const model = outer && insideOf(outer);
  const selection = model?.selection;
  if (!selection || selection.body !== model.body) return undefined;
  if (selection.kind === 'scope') return actions => actions.toggleScope(selection.id);
  const [body] = (selection.kind === 'node' && model.index.nodes.get(selection.id)?.subgraphs) || [];
  return body && (actions => actions.enterBody(Number(selection.id), body.attribute));
}

function hasChanges(state: AppState): boolean {
  const model = activeModel(state);
  return model !== undefined && isInComparison(state, model);
}
