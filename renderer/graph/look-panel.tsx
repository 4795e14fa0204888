// In the corner of the graph: what the colours say, with a scale, and whether fused groups are drawn as one operator.

import { Panel } from '@xyflow/react';
import { use } from 'react';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useComparison } from '../hooks/use-comparison.ts';
import { type GraphLook, reportOf } from '../state/app-state.ts';
import { colourOf, isColourOf } from '../state/derived/graph-colour.ts';
import { Button } from '../widgets/button.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { HeatContext } from './draw/flow-elements.tsx';
import styles from './panels.module.css';

const COLOURS: readonly { readonly value: GraphLook['colour']; readonly label: string }[] = [
  { value: 'family', label: 'Operator family' },
  { value: 'time', label: 'Measured time' },
  { value: 'difference', label: 'Time, B − A' },
  { value: 'changes', label: 'Changes' },
  { value: 'bytes', label: 'Bytes written' },
  { value: 'peak', label: 'Bytes at the peak' },
  { value: 'fusion', label: 'Operators fused' },
];

export function GraphLookPanel() {
  const actions = useActions();
  const model = useModel();
  const { fusion } = useApp(state => state.graph);
  const colour = useApp(colourOf);
  // Compared as text: the list stays the same as long as what it offers does.
  const offered = useApp(state =>
    COLOURS.filter(({ value }) => isColourOf(state, model, value))
      .map(({ value }) => value)
      .join(),
  );
  // Plans and runs are of the whole model: a body has none.
  if (model.body !== undefined) return null;
  const fused = reportOf(model)?.groups.some(group => group.nodes.length > 1) ?? false;
  return (
    <Panel position="top-left" className={styles.look}>
      <SelectField
        label="Colour"
        value={colour}
        items={COLOURS.filter(({ value }) => offered.split(',').includes(value))}
        onChange={chosen => actions.setGraphLook({ colour: chosen })}
      />
      <Scale colour={colour} />
      {(fused || fusion === 'joined') && (
        <Button
          aria-pressed={fusion === 'joined'}
          title="Each fused group as the one step it is executed as, or as a frame around its operators (G)"
          onClick={() => actions.setGraphLook({ fusion: fusion === 'joined' ? 'framed' : 'joined' })}
        >
          After fusion
        </Button>
      )}
    </Panel>
  );
}

const MISSING: Readonly<Record<Exclude<GraphLook['colour'], 'family'>, string>> = {
  time: 'not measured yet: press Run',
  difference: 'every difference may be noise',
  changes: 'nothing changed',
  bytes: 'not planned yet',
  peak: 'not planned yet',
  fusion: 'nothing is fused',
};

/** What the colours say, while they say something else than families. */
function Scale({ colour }: { readonly colour: GraphLook['colour'] }) {
  const heat = use(HeatContext);
  const compared = useComparison();
  const hottest = [...heat.values()].find(({ level }) => level === 1);
  if (colour === 'family') return null;
  if (colour === 'difference' && compared?.comparison.sameDimensions === false)
    return <span>A and B have other dimensions: not comparable</span>;
  if (!hottest) return <span>{MISSING[colour]}</span>;
  if (colour === 'changes')
    return (
      <span className={styles.legend}>
        green: added; yellow: changed; red: removed; none where nothing changed
      </span>
    );
  if (colour === 'difference')
    return (
      <span className={styles.legend}>green: B is faster; orange: slower; none where it may be noise</span>
    );
  return (
    <span className={styles.legend}>
      0 <span className={styles.scale} aria-hidden /> {hottest.text}
    </span>
  );
}
