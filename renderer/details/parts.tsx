// The building blocks of the details panel: heading, facts, links to tensors and nodes.

import type { ReactNode } from 'react';
import { typeText } from '../../engine/report/shape-text.ts';
import { formatBytes } from '../format/units.ts';
import { useAppParts, useModel, useSelect } from '../hooks/app-context.ts';
import type { Selection } from '../state/selection.ts';
import { type Family, familyOf } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { PathText } from '../widgets/path-text.tsx';
import styles from './details.module.css';

export function Head(props: {
  readonly kind: string;
  readonly title: string;
  readonly family?: Family;
  readonly name?: string;
}) {
  return (
    <header className={styles.head}>
      <p className={styles.kind}>{props.kind}</p>
      <h2 className={styles.title}>
        {props.family && <FamilyMark family={props.family} />}
        <span>
          <PathText name={props.title} />
        </span>
      </h2>
      {props.name !== undefined && (
        <p className={`mono ${styles.name}`}>
          <PathText name={props.name} />
        </p>
      )}
    </header>
  );
}

export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3 className={styles.heading}>{title}</h3>
      {children}
    </section>
  );
}

/** Rows without a value are left out. */
export function Facts({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Link({ to, children }: { readonly to: Selection; readonly children: ReactNode }) {
  const select = useSelect();
  return (
    <button type="button" className={styles.link} onClick={() => select(to)}>
      {children}
    </button>
  );
}

/** A page on the web: in the system's browser where the app is no page of one. */
export function WebLink({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const { desktop } = useAppParts().bridge;
  return (
    <a
      className={styles.external}
      href={to}
      target="_blank"
      rel="noreferrer"
      onClick={event => {
        if (!desktop) return;
        event.preventDefault();
        desktop.openLink(to);
      }}
    >
      {children}
    </a>
  );
}

export function NodeLink({ id }: { readonly id: number }) {
  const node = useModel().index.nodes.get(id);
  if (!node) return null;
  return (
    <Link to={{ kind: 'node', id }}>
      <span className={styles.marked}>
        <FamilyMark family={familyOf(node.op)} />
        <span>
          {node.op}{' '}
          <span className={styles.nodeName}>
            <PathText name={node.name} />
          </span>
        </span>
      </span>
    </Link>
  );
}

export function TensorLink({ id, label }: { readonly id: number; readonly label?: string }) {
  const tensor = useModel().index.tensors.get(id);
  if (!tensor) return null;
  return (
    <Link to={{ kind: 'tensor', id }}>
      {label !== undefined && <span className={styles.faint}>{label} </span>}
      <span className="mono">
        <PathText name={tensor.name} />
      </span>
      <span className={styles.linkDetail}>
        {tensor.kind === 'constant' && 'weight '}
        {typeText(tensor)}
        {tensor.bytes !== undefined && ` · ${formatBytes(tensor.bytes)}`}
      </span>
    </Link>
  );
}
