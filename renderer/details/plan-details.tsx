// What belongs to a plan rather than to the model: steps, fused groups, scratch.

import { counted } from '../../engine/report/counted.ts';
import type { RunReport, StepReport } from '../../engine/report/types/run.ts';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatNs,
  formatOffset,
  formatShare,
} from '../format/units.ts';
import { useModel } from '../hooks/app-context.ts';
import { type KeptRun, planOf, reportOf, runOf } from '../state/app-state.ts';
import { selectionOfRow } from '../state/selection.ts';
import { familyOf } from '../theme/families.ts';
import { PathText } from '../widgets/path-text.tsx';
import styles from './details.module.css';
import { Facts, Head, Link, NodeLink, Section } from './parts.tsx';

export function StepDetails({ index }: { readonly index: number }) {
  const model = useModel();
  const plan = planOf(model);
  const step = plan?.steps[index];
  if (!plan || !step) return null;
  const run = model.column === 'asExecuted' ? runOf(model) : undefined;
  const timed = run?.report.steps.find(row => row.index === index);
  const alone =
    model.column === 'asExecuted'
      ? (reportOf(model)?.apart?.find(({ name }) => name === step.name)?.reasons ?? [])
      : [];
  const touched = (reads: boolean) =>
    plan.tensors.filter(row => (reads ? row.readers.includes(index) : row.writer === index));
  return (
    <>
      <Head kind={`Step ${index}`} title={step.title} name={step.name} family={familyOf(step.op)} />
      <Section title="Execution">
        <Facts
          rows={[
            ['Live', formatBytes(plan.liveBytes[index] ?? 0)],
            ...(run && timed ? measurementOf(timed, run) : []),
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
      <WhyAlone reasons={alone} />
      <Nodes ids={step.nodes} />
      <Rows title="Reads" rows={touched(true)} />
      <Rows title="Writes" rows={touched(false)} />
    </>
  );
}

/** Why nothing was fused with it. */
export function WhyAlone({ reasons }: { readonly reasons: readonly string[] }) {
  if (reasons.length === 0) return null;
  return (
    <Section title="Why alone">
      {reasons.map(reason => (
        <p key={reason} className={styles.text}>
          {reason}
        </p>
      ))}
    </Section>
  );
}

/** Steps [from, to) together: an area selected in the timeline or the memory map. */
export function StepsDetails({ from, to }: { readonly from: number; readonly to: number }) {
  const model = useModel();
  const plan = planOf(model);
  if (!plan) return null;
  const live = plan.liveBytes.slice(from, to);
  const most = live.reduce((peak, bytes) => Math.max(peak, bytes), 0);
  const run = model.column === 'asExecuted' ? runOf(model)?.report : undefined;
  const timed = run?.steps.filter(({ index }) => index >= from && index < to) ?? [];
  const sum = (value: (step: StepReport) => number): number =>
    timed.reduce((total, step) => total + value(step), 0);
  const time = sum(step => step.medianNs);
  const touched = plan.tensors.filter(row => row.lower < to && row.upper > from);
  const born = touched.filter(row => row.writer !== undefined && row.writer >= from);
  const largest = born.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
  return (
    <>
      <Head kind={counted(to - from, 'step')} title={`Steps ${from} to ${to - 1}`} />
      <Section title="Memory">
        <Facts
          rows={[
            ['Most live', `${formatBytes(most)} in step ${from + live.indexOf(most)}`],
            ['Tensors', `${formatInteger(touched.length)} live, ${formatInteger(born.length)} made here`],
            ['Made here', formatBytes(born.reduce((total, { bytes }) => total + bytes, 0))],
          ]}
        />
      </Section>
      {run && (
        <Section title="Measured">
          <Facts
            rows={[
              ['Time', `${formatNs(time)}, ${formatShare(time / Math.max(sumOf(run), 1))}`],
              ['FLOP', formatCount(sum(step => step.flops))],
              ['Read', formatBytes(sum(step => step.bytesRead))],
              ['Written', formatBytes(sum(step => step.bytesWritten))],
            ]}
          />
        </Section>
      )}
      <Rows title="Largest made here" rows={largest} />
    </>
  );
}

const LARGEST = 12;
const sumOf = (run: RunReport): number => run.steps.reduce((sum, step) => sum + step.medianNs, 0);

/** '7.20 k, in 40 turns': operations of a loop or scan are those of all its turns. */
const flopText = ({ op, flops, turns }: StepReport): string =>
  turns === undefined || !TURNING.has(op)
    ? formatCount(flops)
    : `${formatCount(flops)}, in ${counted(turns, 'turn')}`;

const TURNING: ReadonlySet<string> = new Set(['Loop', 'Scan']);

/** Other runs may be told of beside it: of which one this is comes first. */
const measurementOf = (step: StepReport, run: KeptRun): readonly (readonly [string, string])[] => [
  ['In run', formatInteger(run.number)],
  ['Time', formatNs(step.medianNs)],
  ['Min to p95', `${formatNs(step.minNs)} to ${formatNs(step.p95Ns)}`],
  ['FLOP', flopText(step)],
  ['Read', formatBytes(step.bytesRead)],
  ['Written', formatBytes(step.bytesWritten)],
  ['Code', step.kind === 'reference' ? 'interpreted' : 'generated'],
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
          <li key={row.id} className={styles.sized}>
            <Link to={selectionOfRow(row)}>
              <span className="mono">
                <PathText name={row.name} />
              </span>
            </Link>
            <span className={styles.faint}>{formatBytes(row.bytes)}</span>
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
  const run = runOf(model);
  const timed = run?.report.steps.find(step => step.group === id);
  if (!group) {
    return (
      <>
        <Head kind="Fused group" title={id} />
        <p className={styles.text}>Not fused with these settings.</p>
      </>
    );
  }
  return (
    <>
      <Head
        kind="Fused group"
        title={group.title}
        name={group.id}
        family={familyOf(group.anchorOp ?? group.ops[0] ?? '')}
      />
      <Section title="Expression">
        <pre className={styles.code}>{group.expression}</pre>
      </Section>
      {run && timed && (
        <Section title="Measured">
          <Facts rows={measurementOf(timed, run)} />
        </Section>
      )}
      <Section title="Accounting">
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
            ['Offset', formatOffset(row.offset)],
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
