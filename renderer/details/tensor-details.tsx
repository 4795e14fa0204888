// A tensor of the model: type, who makes and reads it, where the plan puts it, and the values of a weight.

import { useModel } from '../app/app-context.ts';
import { formatBytes, formatCount, formatShape } from '../format/units.ts';
import { planOf } from '../state/app-state.ts';
import { familyOf } from '../theme/families.ts';
import styles from './details.module.css';
import { Facts, Head, Link, NodeLink, Section } from './parts.tsx';
import { TensorValues } from './tensor-values.tsx';

const KINDS = {
  input: 'Graph input',
  output: 'Graph output',
  activation: 'Activation',
  constant: 'Weight',
} as const;

export function TensorDetails({ id }: { readonly id: number }) {
  const model = useModel();
  const tensor = model.index.tensors.get(id);
  if (!tensor) return null;
  const producer = tensor.producer === undefined ? undefined : model.index.nodes.get(tensor.producer);
  const elements = tensor.shape?.reduce((product, extent) => product * extent, 1);
  return (
    <>
      <Head
        kind={KINDS[tensor.kind]}
        title={tensor.name}
        family={producer ? familyOf(producer.op) : 'input'}
      />
      <Section title="Type">
        <Facts
          rows={[
            ['Type', tensor.dtype ?? 'unknown'],
            [
              'Shape',
              <span key="shape" className="mono">
                {formatShape(tensor.shape)}
              </span>,
            ],
            ['Declared', tensor.declared && <span className="mono">{formatShape(tensor.declared)}</span>],
            ['Elements', elements === undefined ? undefined : formatCount(elements)],
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
          <ul>
            {tensor.consumers.map(node => (
              <li key={node}>
                <NodeLink id={node} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      {tensor.kind === 'constant' && (
        <TensorValues key={`${model.id} ${id}`} model={model.id} tensor={tensor} />
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
  return (
    <Section title="Plan">
      <Facts
        rows={[
          ['Offset', plan.strategy === 'off' ? 'its own memory' : formatBytes(row.offset)],
          ['Size', formatBytes(row.bytes)],
          ['Live', `steps ${row.lower} to ${row.upper - 1}`],
          [
            'Written',
            row.writer === undefined ? 'by the caller' : <StepLink key="writer" index={row.writer} />,
          ],
          [
            'Read',
            row.readers.length > 0
              ? row.readers.map(step => <StepLink key={step} index={step} />)
              : undefined,
          ],
          ['Shares', shared.length > 0 ? `its memory with ${shared.length} more` : undefined],
        ]}
      />
    </Section>
  );
}

function StepLink({ index }: { readonly index: number }) {
  return <Link to={{ kind: 'step', id: index }}>step {index}</Link>;
}
