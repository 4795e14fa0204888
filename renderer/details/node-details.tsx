// An operator of the model: attributes, inputs and outputs, where it runs and how long it takes.

import { counted } from '../../engine/report/counted.ts';
import type { FusedGroup } from '../../engine/report/types/compile.ts';
import type { PlanStep } from '../../engine/report/types/plan.ts';
import type { StepReport } from '../../engine/report/types/run.ts';
import { formatCount, formatNs, formatShare } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf, runOf, shareOf } from '../state/app-state.ts';
import { selectionOfSteps } from '../state/selection.ts';
import { familyOf } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import styles from './details.module.css';
import { operatorDoc } from './operator-doc.ts';
import { Facts, Head, Link, Section, TensorLink, WebLink } from './parts.tsx';
import { WhyAlone } from './plan-details.tsx';

export function NodeDetails({ id }: { readonly id: number }) {
  const actions = useActions();
  const model = useModel();
  const node = model.index.nodes.get(id);
  if (!node) return null;
  const alone = reportOf(model)?.apart?.find(({ nodes }) => nodes.includes(id))?.reasons ?? [];
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
      <WhyAlone reasons={alone} />
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
      {node.captures && <Captured ids={node.captures} />}
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

/** What is computed first: it decides when the node can run. */
function Captured({ ids }: { readonly ids: readonly number[] }) {
  const { tensors } = useModel().index;
  const isWeight = (id: number): boolean => tensors.get(id)?.kind === 'constant';
  return (
    <Section title="Read in its subgraphs">
      <ul>
        {ids
          .toSorted((a, b) => Number(isWeight(a)) - Number(isWeight(b)))
          .map(id => (
            <li key={id}>
              <TensorLink id={id} />
            </li>
          ))}
      </ul>
    </Section>
  );
}

/** The step that executes the node, alone or fused, and its measured time; a body may be many steps. */
function Execution({ id }: { readonly id: number }) {
  const model = useModel();
  const report = reportOf(model);
  if (!report) return null;
  const run = runOf(model)?.report;
  const steps = report.asExecuted.steps.filter(({ nodes }) => nodes.includes(id));
  const timed = run?.steps.filter(({ nodes }) => nodes.includes(id)) ?? [];
  const sum = (value: (step: StepReport) => number): number =>
    timed.reduce((total, step) => total + value(step), 0);
  const groups = report.groups.filter(({ nodes }) => nodes.includes(id));
  // What FLOP counts is all turns of a loop or scan.
  const turns = timed.find(step => step.turns !== undefined)?.turns;
  return (
    <Section title="Execution">
      <Facts
        rows={[
          [steps.length > 1 ? 'Steps' : 'Step', <StepsOf key="steps" steps={steps} />],
          ['Fused', groups.length > 0 ? <GroupsOf key="groups" groups={groups} /> : undefined],
          ['Time', run && timed.length > 0 ? formatNs(sum(step => step.medianNs)) : undefined],
          ['Share', run && timed.length > 0 ? formatShare(sum(step => shareOf(run, step))) : undefined],
          ['FLOP', run && timed.length > 0 ? formatCount(sum(step => step.flops)) : undefined],
          ['Body ran', turns === undefined ? undefined : counted(turns, 'time')],
        ]}
      />
    </Section>
  );
}

function StepsOf({ steps }: { readonly steps: readonly PlanStep[] }) {
  const [first] = steps;
  const last = steps.at(-1);
  if (!first || !last) return 'none: folded away before running';
  const to = selectionOfSteps(first.index, last.index + 1);
  if (first === last) return <Link to={to}>{first.index}</Link>;
  return (
    <Link to={to}>
      {steps.length} of {first.index} to {last.index}
    </Link>
  );
}

/** A long list says only how many there are: the fusion view has them all. */
function GroupsOf({ groups }: { readonly groups: readonly FusedGroup[] }) {
  const [first, ...others] = groups;
  if (!first) return null;
  return (
    <>
      <Link to={{ kind: 'group', id: first.id }}>{first.title}</Link>
      {others.length > 0 && ` and ${counted(others.length, 'more group')}`}
    </>
  );
}
