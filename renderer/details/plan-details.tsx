// What belongs to a plan rather than to the model: steps, fused groups, scratch.

import type { StepReport } from '../../engine/report/types.ts';
import { useModel } from '../app/app-context.ts';
import { formatBytes, formatCount, formatNs } from '../format/units.ts';
import { planOf, reportOf, runOf } from '../state/app-state.ts';
import { selectionOfRow } from '../state/selection.ts';
import { familyOf } from '../theme/families.ts';
import styles from './details.module.css';
import { Facts, Head, Link, NodeLink, Section } from './parts.tsx';

export function StepDetails({ index }: { readonly index: number }) {
  const model = useModel();
  const plan = planOf(model);
  const step = plan?.steps[index];
  if (!plan || !step) return null;
  const timed =
    model.column === 'asExecuted' ? runOf(model)?.report.steps.find(row => row.index === index) : undefined;
  const touched = (reads: boolean) =>
    plan.tensors.filter(row => (reads ? row.readers.includes(index) : row.writer === index));
  return (
    <>
      <Head kind={`Step ${index}`} title={step.op} name={step.name} family={familyOf(step.op)} />
      <Section title="Execution">
        <Facts
          rows={[
            ['Live', formatBytes(plan.liveBytes[index] ?? 0)],
            ...(timed ? measurementOf(timed) : []),
            [
              'Group',
              step.group === undefined ? undefined : (
                <Link key="group" to={{ kind: 'group', id: step.group }}>
                  {step.group}
                </Link>
              ),
            ],
          ]}
        />
      </Section>
      <Nodes ids={step.nodes} />
      <Rows title="Reads" rows={touched(true)} />
      <Rows title="Writes" rows={touched(false)} />
    </>
  );
}

const measurementOf = (step: StepReport): readonly (readonly [string, string])[] => [
  ['Time', `${formatNs(step.medianNs)} (${formatNs(step.minNs)} to ${formatNs(step.p95Ns)})`],
  ['FLOP', formatCount(step.flops)],
  ['Read', formatBytes(step.bytesRead)],
  ['Written', formatBytes(step.bytesWritten)],
  ['Kernel', step.kind === 'reference' ? 'interpreted' : 'generated'],
];

function Rows(props: {
  readonly title: string;
  readonly rows: readonly {
    readonly id: number;
    readonly name: string;
    readonly bytes: number;
    readonly tensors: readonly number[];
  }[];
}) {
  if (props.rows.length === 0) return null;
  return (
    <Section title={props.title}>
      <ul>
        {props.rows.map(row => (
          <li key={row.id}>
            <Link to={selectionOfRow(row)}>
              <span className="mono">{row.name}</span>{' '}
              <span className={styles.faint}>{formatBytes(row.bytes)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Nodes({ ids }: { readonly ids: readonly number[] }) {
  return (
    <Section title="Nodes">
      <ul>
        {ids.map(id => (
          <li key={id}>
            <NodeLink id={id} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function GroupDetails({ id }: { readonly id: string }) {
  const model = useModel();
  const group = reportOf(model)?.groups.find(other => other.id === id);
  const timed = runOf(model)?.report.steps.find(step => step.group === id);
  if (!group) {
    return <Head kind="Fused group" title={id} name="not fused with these settings" />;
  }
  return (
    <>
      <Head
        kind="Fused group"
        title={group.ops.join(' + ')}
        name={group.id}
        family={familyOf(group.anchorOp ?? group.ops[0] ?? '')}
      />
      <Section title="Expression">
        <pre className={styles.code}>{group.expression}</pre>
      </Section>
      {timed && (
        <Section title="Measured">
          <Facts rows={measurementOf(timed)} />
        </Section>
      )}
      <Section title="Gain">
        <Facts
          rows={[
            ['Kernel', group.kernel],
            ['Loops', `${formatCount(group.before.loops)} → ${formatCount(group.after.loops)}`],
            ['Reads', `${formatCount(group.before.reads)} → ${formatCount(group.after.reads)}`],
            ['Writes', `${formatCount(group.before.writes)} → ${formatCount(group.after.writes)}`],
            ['Vanished', formatBytes(group.vanishedBytes)],
          ]}
        />
      </Section>
      <Nodes ids={group.nodes} />
    </>
  );
}

export function BufferDetails({ id }: { readonly id: number }) {
  const plan = planOf(useModel());
  const row = plan?.tensors.find(other => other.id === id);
  if (!row) return null;
  return (
    <>
      <Head kind={row.kind === 'scratch' ? 'Scratch memory' : 'Buffer'} title={row.name} family="scratch" />
      <Section title="Plan">
        <Facts
          rows={[
            ['Size', formatBytes(row.bytes)],
            ['Offset', formatBytes(row.offset)],
            ['Live', `steps ${row.lower} to ${row.upper - 1}`],
            [
              'Step',
              row.writer !== undefined ? (
                <Link key="step" to={{ kind: 'step', id: row.writer }}>
                  {row.writer}
                </Link>
              ) : undefined,
            ],
          ]}
        />
      </Section>
    </>
  );
}
