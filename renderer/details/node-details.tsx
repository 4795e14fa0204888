// An operator of the model: attributes, inputs and outputs, where it runs and how long it takes.

import { counted } from '../../engine/report/counted.ts';
import { useActions, useModel } from '../app/app-context.ts';
import { formatCount, formatNs, formatShare } from '../format/units.ts';
import { reportOf, runOf, shareOf } from '../state/app-state.ts';
import { familyOf } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import styles from './details.module.css';
import { operatorDoc } from './operator-doc.ts';
import { Facts, Head, Link, Section, TensorLink, WebLink } from './parts.tsx';

export function NodeDetails({ id }: { readonly id: number }) {
  const actions = useActions();
  const model = useModel();
  const node = model.index.nodes.get(id);
  if (!node) return null;
  return (
    <>
      <Head
        kind={`Operator, version ${node.version}`}
        title={node.op}
        name={node.name}
        family={familyOf(node.op)}
      />
      <OperatorDoc op={node.op} />
      <Execution id={id} />
      {node.attributes.length > 0 && (
        <Section title="Attributes">
          <dl className={styles.attributes}>
            {node.attributes.map(attribute => (
              <div key={attribute.name}>
                <dt title={attribute.type}>{attribute.name}</dt>
                <dd className="mono">{attribute.text}</dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      <Tensors title="Inputs" ids={node.inputs} />
      <Tensors title="Outputs" ids={node.outputs} />
      {node.subgraphs.length > 0 && (
        <Section title="Subgraphs">
          <ul>
            {node.subgraphs.map(({ attribute, graph }) => (
              <li key={attribute}>
                <Button
                  onClick={() => {
                    actions.setView('graph');
                    actions.enterBody(id, attribute);
                  }}
                >
                  Enter {attribute}
                </Button>{' '}
                <span className={styles.faint}>{counted(graph.nodes.length, 'node')}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {node.metadata && Object.keys(node.metadata).length > 0 && (
        <Section title="Metadata">
          <Facts rows={Object.entries(node.metadata)} />
        </Section>
      )}
      {node.doc && (
        <Section title="Note in the model">
          <p className={styles.text}>{node.doc}</p>
        </Section>
      )}
    </>
  );
}

/** What the operator does. A custom one is known to its exporter only. */
export function OperatorDoc({ op }: { readonly op: string }) {
  const doc = operatorDoc(op);
  return (
    <Section title="What it does">
      {doc ? (
        <p className={styles.text}>
          {doc.text} <WebLink to={doc.link}>Definition</WebLink>
        </p>
      ) : (
        <p className={styles.text}>An operator that the standard does not define.</p>
      )}
    </Section>
  );
}

function Tensors({ title, ids }: { readonly title: string; readonly ids: readonly (number | null)[] }) {
  return (
    <Section title={title}>
      <ol>
        {ids.map((id, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the position is what an input is known by
          <li key={position}>
            {id === null ? (
              <span className={styles.faint}>{position} not given</span>
            ) : (
              <TensorLink id={id} label={String(position)} />
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** The step that executes the node, alone or fused, and its measured time. */
function Execution({ id }: { readonly id: number }) {
  const model = useModel();
  const report = reportOf(model);
  const step = report?.asExecuted.steps.find(({ nodes }) => nodes.includes(id));
  if (!report) return null;
  const group = report.groups.find(({ nodes }) => nodes.includes(id));
  const run = runOf(model)?.report;
  const timed = run?.steps.find(({ nodes }) => nodes.includes(id));
  return (
    <Section title="Execution">
      <Facts
        rows={[
          ['Step', step ? step.index : 'none: folded away before running'],
          ['Fused', group && <Link to={{ kind: 'group', id: group.id }}>{group.title}</Link>],
          ['Time', timed && formatNs(timed.medianNs)],
          ['Share', timed && run && formatShare(shareOf(run, timed))],
          ['FLOP', timed && formatCount(timed.flops)],
        ]}
      />
    </Section>
  );
}
