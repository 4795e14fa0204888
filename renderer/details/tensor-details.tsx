// A tensor of the model: type, who makes and reads it, where the plan puts it, and the values of a weight.

import { Fragment, useState } from 'react';
import { shapeText, tensorShapeText } from '../../engine/report/shape-text.ts';
import type { TensorSummary } from '../../engine/report/types/model.ts';
import { formatBytes, formatInteger, formatOffset } from '../format/units.ts';
import { useApp, useAppParts, useModel } from '../hooks/app-context.ts';
import { describeInputs, planOf, runOf, sameInputs } from '../state/app-state.ts';
import { findCommand } from '../state/commands/commands.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { selectionOfRow } from '../state/selection.ts';
import { overlappingRows } from '../tables/overlapping.ts';
import { familyOf, familyOfRow } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import controls from '../widgets/controls.module.css';
import { PathText } from '../widgets/path-text.tsx';
import styles from './details.module.css';
import { Facts, Head, Link, NodeLink, Section } from './parts.tsx';
import { TensorValues } from './tensor-values.tsx';

const KINDS = {
  input: 'Graph input',
  output: 'Graph output',
  activation: 'Activation',
  constant: 'Weight',
} as const;

/** Strings, containers and tensors of unknown size have no place in the arena. */
const isHost = ({ dtype, shape }: TensorSummary): boolean =>
  dtype === undefined || dtype === 'string' || shape === undefined;

export function TensorDetails({ id }: { readonly id: number }) {
  const model = useModel();
  const tensor = model.index.tensors.get(id);
  if (!tensor) return null;
  const producer = tensor.producer === undefined ? undefined : model.index.nodes.get(tensor.producer);
  // As in the other views: of the step that writes it, which may be a fused group's.
  const row = planOf(model)?.tensors.find(({ tensors }) => tensors.includes(id));
  const extents = runOf(model)?.report.extents?.find(found => found.tensor === id)?.shape;
  const elements = tensor.shape?.reduce((product, extent) => product * extent, 1);
  return (
    <>
      <Head
        kind={KINDS[tensor.kind]}
        title={tensor.name}
        family={row ? familyOfRow(row) : producer ? familyOf(producer.op) : 'input'}
      />
      <Section title="Type">
        <Facts
          rows={[
            ['Type', tensor.dtype ?? 'unknown'],
            [
              'Shape',
              <span key="shape" className="mono">
                {tensorShapeText(tensor)}
              </span>,
            ],
            ['Declared', tensor.declared && <span className="mono">{shapeText(tensor.declared)}</span>],
            [
              'Extent',
              tensor.bounded?.includes(true)
                ? 'known when the model runs, at most as shown; memory is planned for that'
                : undefined,
            ],
            ['In the run', extents && <span className="mono">{shapeText(extents)}</span>],
            [
              'Held',
              tensor.kind !== 'constant' && isHost(tensor)
                ? 'by the engine outside the arena: its size has no bound before the run'
                : undefined,
            ],
            ['Elements', elements === undefined ? undefined : formatInteger(elements)],
            ['Size', tensor.bytes === undefined ? undefined : formatBytes(tensor.bytes)],
          ]}
        />
      </Section>
      {tensor.kind !== 'constant' && <Plan id={id} />}
      {tensor.producer !== undefined && (
        <Section title="Made by">
          <NodeLink id={tensor.producer} />
        </Section>
      )}
      <Section title="Read by">
        {tensor.consumers.length === 0 ? (
          <p className={styles.faint}>{tensor.kind === 'output' ? 'The caller' : 'Nobody'}</p>
        ) : (
          <Readers key={id} nodes={tensor.consumers} />
        )}
      </Section>
      {(tensor.kind === 'activation' || tensor.kind === 'output') && model.body === undefined && (
        <Probed tensor={tensor} />
      )}
      {tensor.kind === 'constant' && model.body === undefined && (
        <TensorValues key={`${model.id} ${id}`} model={model.id} tensor={tensor} />
      )}
    </>
  );
}

/** Of many the first ones, until all are asked for: what follows is to be found. */
function Readers({ nodes }: { readonly nodes: readonly number[] }) {
  const [all, setAll] = useState(nodes.length <= MOST_READERS);
  const shown = all ? nodes : nodes.slice(0, FIRST_READERS);
  return (
    <>
      <ul>
        {shown.map(node => (
          <li key={node}>
            <NodeLink id={node} />
          </li>
        ))}
      </ul>
      {!all && (
        <Button onClick={() => setAll(true)}>{formatInteger(nodes.length - FIRST_READERS)} more</Button>
      )}
    </>
  );
}
const MOST_READERS = 12;
const FIRST_READERS = 8;

/** Values of an activation are there after a run that captured them. */
function Probed({ tensor }: { readonly tensor: TensorSummary }) {
  const { store, actions } = useAppParts();
  const model = useModel();
  const canProbe = useApp(state => findCommand('probe')?.enabled(state) ?? false);
  const captured = model.probed?.tensor === tensor.id ? model.probed : undefined;
  return (
    <>
      <Section title="Probe run">
        <p className={`${styles.text} ${styles.spaced}`}>
          {captured
            ? `The values are those of a probe run from ${describeInputs(captured.inputs)}: it kept this tensor as one more output.`
            : 'A step may write over these values, or keep them in registers. A probe run from the same input data keeps them; its time is not a measurement.'}
        </p>
        {captured && !sameInputs(captured.inputs, model.inputs) && (
          <p className={`${styles.text} ${styles.spaced}`}>
            The input data are others now: {describeInputs(model.inputs)}.
          </p>
        )}
        <Button disabled={!canProbe} onClick={() => findCommand('probe')?.run(actions, store.getState())}>
          Run once to see values <kbd className={controls.kbd}>V</kbd>
        </Button>
      </Section>
      {captured && (
        <TensorValues key={`${model.id} ${tensor.id}`} model={model.id} tensor={tensor} captured={captured} />
      )}
    </>
  );
}

function Plan({ id }: { readonly id: number }) {
  const model = useModel();
  const plan = planOf(model);
  if (!plan) return null;
  const row = plan.tensors.find(({ tensors }) => tensors.includes(id));
  if (!row) {
    return (
      <Section title="Plan">
        <p className={styles.text}>
          {model.column === 'asExecuted'
            ? 'Takes no memory as executed: it is folded away, or lives only in registers within a fused step.'
            : 'Takes no memory in this plan.'}
        </p>
      </Section>
    );
  }
  const shared = row.tensors.filter(other => other !== id);
  const over = overlappingRows(plan).get(row.id) ?? [];
  return (
    <Section title="Plan">
      <Facts
        rows={[
          ['Offset', plan.strategy === 'off' ? 'its own memory' : formatOffset(row.offset)],
          [shared.length > 0 ? 'Size of its buffer' : 'Size', formatBytes(row.bytes)],
          ['Live', `steps ${row.lower} to ${row.upper - 1}`],
          [
            'Written',
            row.writer === undefined ? 'by the caller' : <StepLink key="writer" index={row.writer} />,
          ],
          ['Read', row.readers.length > 0 ? <StepLinks key="readers" indices={row.readers} /> : undefined],
          [
            'Shares it with',
            shared.length > 0 ? <TensorLinks key="shared" ids={shared} index={model.index} /> : undefined,
          ],
          [
            'Shares bytes with',
            over.length > 0 ? (
              <ul key="over">
                {over.map(other => (
                  <li key={other.id}>
                    <Link to={selectionOfRow(other)}>
                      <PathText name={other.name} />
                    </Link>
                  </li>
                ))}
              </ul>
            ) : undefined,
          ],
        ]}
      />
    </Section>
  );
}

function TensorLinks(props: { readonly ids: readonly number[]; readonly index: GraphIndex }) {
  return (
    <ul>
      {props.ids.map(id => (
        <li key={id}>
          <Link to={{ kind: 'tensor', id }}>
            <PathText name={props.index.tensors.get(id)?.name ?? String(id)} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function StepLinks({ indices }: { readonly indices: readonly number[] }) {
  return indices.map((step, position) => (
    <Fragment key={step}>
      {position > 0 && ', '}
      <StepLink index={step} />
    </Fragment>
  ));
}

function StepLink({ index }: { readonly index: number }) {
  return <Link to={{ kind: 'step', id: index }}>step {index}</Link>;
}
