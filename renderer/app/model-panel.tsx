// The left panel: what the model is, its inputs and outputs, its operators by family, and what is wrong with it.

import { useId, useMemo, useState } from 'react';
import type { Diagnostic } from '../../engine/ir/types.ts';
import { typeText } from '../../engine/report/shape-text.ts';
import type { OpenDimension } from '../../engine/report/types/model.ts';
import { formatBytes, formatCount, formatInteger } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { type OpenModel, reportOf, unboundDimensions } from '../state/app-state.ts';
import { sizeProblem } from '../state/derived/dimension-size.ts';
import { localPlace } from '../state/derived/graph-index.ts';
import { planDiagnostics } from '../state/derived/too-large.ts';
import { sameSelection } from '../state/selection.ts';
import { FAMILIES, familyOf } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import { PathText } from '../widgets/path-text.tsx';
import styles from './model-panel.module.css';
import text from './text.module.css';

export function ModelPanel() {
  const model = useModel();
  return (
    <div className={styles.panel}>
      {model.summary.dimensions.length > 0 && <Dimensions model={model} />}
      <Diagnostics model={model} />
      <Facts model={model} />
      <TensorList title="Inputs" ids={model.summary.graph.inputs} />
      <TensorList title="Outputs" ids={model.summary.graph.outputs} />
      {model.summary.graph.nodes.length > 0 && <Operators model={model} />}
    </div>
  );
}

function Facts({ model }: { readonly model: OpenModel }) {
  const { summary } = model;
  const opsets = Object.entries(summary.opsets).map(
    ([domain, version]) => `${domain || 'ai.onnx'} ${version}`,
  );
  const facts: readonly (readonly [string, string])[] = [
    ...(model.source.kind === 'path' ? ([['Path', model.source.path]] as const) : []),
    ['Nodes', formatInteger(summary.graph.nodes.length)],
    ['Parameters', formatCount(summary.parameters)],
    ['Weights', formatBytes(summary.parameterBytes)],
    ['File', summary.fileBytes > 0 ? formatBytes(summary.fileBytes) : 'built in'],
    ['Producer', summary.producer || '–'],
    ['Opset', opsets.join(', ') || '–'],
  ];
  return (
    <section aria-labelledby="facts">
      <h2 id="facts" className={text.heading}>
        {summary.name}
      </h2>
      <dl className={text.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={value}>
              <PathText name={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function TensorList({ title, ids }: { readonly title: string; readonly ids: readonly number[] }) {
  const actions = useActions();
  const { index, selection } = useModel();
  if (ids.length === 0) return null;
  return (
    <section aria-label={`${title} of the model`}>
      <h3 className={text.heading}>{title}</h3>
      <ul>
        {ids.map(id => {
          const tensor = index.tensors.get(id);
          if (!tensor) return null;
          return (
            <li key={id}>
              <button
                type="button"
                className={styles.tensorButton}
                aria-pressed={sameSelection(selection, { kind: 'tensor', id })}
                onClick={() => actions.select({ kind: 'tensor', id })}
              >
                <span className="mono">
                  <PathText name={tensor.name} />
                </span>
                <span className={text.muted}>{typeText(tensor)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** How often each operator occurs, by family: also the legend of the colours in every view. */
function Operators({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const { nodes } = model.summary.graph;
  const families = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
    const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
    return [...Map.groupBy(sorted, ([op]) => familyOf(op))];
  }, [nodes]);
  return (
    <section aria-labelledby="operators">
      <h3 id="operators" className={text.heading}>
        Operators
      </h3>
      {families.map(([family, counts]) => (
        <div key={family} className={styles.family}>
          <p className={styles.familyName}>
            <FamilyMark family={family} /> {FAMILIES[family]}
          </p>
          <ul>
            {counts.map(([op, count]) => (
              <li key={op} className={styles.opCount}>
                <button
                  type="button"
                  className={styles.opLink}
                  title={`Select every ${op}`}
                  onClick={() => {
                    const ids = nodes.filter(node => node.op === op).map(node => node.id);
                    actions.select({ kind: 'nodes', id: op, nodes: ids });
                  }}
                >
                  {op}
                </button>
                <span className={text.muted}>{formatInteger(count)}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const DIAGNOSTICS_SHOWN = 20;

function Diagnostics({ model }: { readonly model: OpenModel }) {
  const { runnable } = model.summary;
  const diagnostics = [...planDiagnostics(reportOf(model)), ...model.summary.diagnostics];
  if (diagnostics.length === 0) return null;
  const order = { error: 0, warning: 1, info: 2 };
  const sorted = diagnostics.toSorted((a, b) => order[a.severity] - order[b.severity]);
  return (
    <section aria-labelledby="diagnostics">
      <h2 id="diagnostics" className={text.heading}>
        Diagnostics
      </h2>
      {!runnable && unboundDimensions(model).length === 0 && (
        <p className={text.warn}>This model can be looked at, but not run.</p>
      )}
      <ul>
        {sorted.slice(0, DIAGNOSTICS_SHOWN).map((diagnostic, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of an open model never changes
          <DiagnosticItem key={index} diagnostic={diagnostic} path={model.summary.path} />
        ))}
      </ul>
      {sorted.length > DIAGNOSTICS_SHOWN && (
        <p className={text.muted}>and {sorted.length - DIAGNOSTICS_SHOWN} more</p>
      )}
    </section>
  );
}

function DiagnosticItem(props: { readonly diagnostic: Diagnostic; readonly path: string | undefined }) {
  const actions = useActions();
  const { diagnostic } = props;
  const { node, value } = diagnostic;
  const where = localPlace(diagnostic.where, props.path);
  const target =
    node !== undefined
      ? ({ kind: 'node', id: node } as const)
      : value !== undefined
        ? ({ kind: 'tensor', id: value } as const)
        : undefined;
  return (
    <li className={styles.diagnostic} data-severity={diagnostic.severity}>
      <p>{diagnostic.message}</p>
      {target ? (
        <button type="button" className={styles.where} onClick={() => actions.select(target)}>
          {where}
        </button>
      ) : (
        <span className={styles.where}>{where}</span>
      )}
    </li>
  );
}

/** The form for dimensions the file leaves open. Binding opens the model again with the extents given. */
function Dimensions({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const { dimensions } = model.summary;
  const unbound = unboundDimensions(model);
  const [extents, setExtents] = useState(() => extentsOf(dimensions));
  const [refused, setRefused] = useState<string>();
  const bind = async (dims: Readonly<Record<string, number>>): Promise<void> => {
    const why = await actions.bind(dims);
    setRefused(why);
    if (why !== undefined) setExtents(extentsOf(dimensions));
  };
  const given = Object.entries(extents).filter(([, text]) => text !== '' && sizeProblem(text) === undefined);
  const complete = given.length === dimensions.length;
  return (
    <section aria-labelledby="dimensions">
      <h2 id="dimensions" className={text.heading}>
        Dimensions
      </h2>
      {unbound.length > 0 && (
        <p className={text.warn}>
          Give the open dimensions a size: nothing can be planned before. Sizes that are there already are the
          smallest that fit.
        </p>
      )}
      <form
        className={styles.dimensions}
        onSubmit={event => {
          event.preventDefault();
          void bind(Object.fromEntries(given.map(([key, text]) => [key, Number(text)])));
        }}
      >
        {dimensions.map(dimension => (
          <DimensionField
            key={dimension.key}
            dimension={dimension}
            value={extents[dimension.key] ?? ''}
            onChange={text => setExtents({ ...extents, [dimension.key]: text })}
          />
        ))}
        {refused !== undefined && (
          <p className={styles.invalid} role="alert">
            {refused}
          </p>
        )}
        <Button
          type="submit"
          disabled={!complete}
          {...(!complete && { title: 'Every dimension needs a size' })}
        >
          Bind
        </Button>
      </form>
    </section>
  );
}

function DimensionField(props: {
  readonly dimension: OpenDimension;
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  const { dimension, value } = props;
  const problem = sizeProblem(value);
  const id = useId();
  return (
    <>
      <label className={styles.dimension} title={usesOf(dimension)}>
        <MiddleText text={dimension.key} mono />
        <input
          className={styles.input}
          inputMode="numeric"
          pattern="\d+"
          aria-invalid={problem !== undefined || undefined}
          aria-describedby={id}
          value={value}
          placeholder={dimension.extent === undefined ? 'size' : String(dimension.extent)}
          onChange={event => props.onChange(event.target.value.trim())}
        />
      </label>
      <p id={id} className={styles.invalid} role="status">
        {problem}
      </p>
    </>
  );
}

/** As bound, or the smallest that fit. */
const extentsOf = (dimensions: readonly OpenDimension[]): Readonly<Record<string, string>> =>
  Object.fromEntries(dimensions.map(({ key, extent, smallest }) => [key, String(extent ?? smallest ?? '')]));

const usesOf = (dimension: OpenDimension): string =>
  dimension.inputs.map(({ name, axis }) => `axis ${axis} of ${name}`).join(', ');
