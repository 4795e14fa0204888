// Finding nodes, operators, tensors and weights by what is typed: words that must all occur, or a regular expression.
// Better matches come first. Pure.

import { tensorShapeText } from '../../../engine/report/shape-text.ts';
import type { GraphSummary } from '../../../engine/report/types/model.ts';
import { formatInteger } from '../../format/units.ts';
import type { Selection } from '../../state/selection.ts';

/** What can be found, and what the hits can be narrowed to. */
export const KINDS = {
  node: 'Nodes',
  operator: 'Operators',
  tensor: 'Tensors',
  weight: 'Weights',
} as const;
export type HitKind = keyof typeof KINDS;

export interface Hit {
  readonly kind: HitKind;
  readonly selection: Extract<Selection, { kind: 'node' | 'tensor' | 'nodes' }>;
  readonly title: string;
  readonly detail: string;
}

interface Entry extends Hit {
  /** what words are looked for in: lower case */
  readonly text: string;
  /** what a regular expression is tried on, one after the other */
  readonly fields: readonly string[];
  readonly name: string;
}

export interface SearchIndex {
  readonly entries: readonly Entry[];
}

export interface Query {
  readonly text: string;
  readonly regex: boolean;
  /** undefined: all kinds */
  readonly kind: HitKind | undefined;
}

export interface Found {
  /** at most `limit` */
  readonly hits: readonly Hit[];
  readonly total: number;
  /** why the text is no regular expression */
  readonly problem?: string;
}

export function searchIndexOf(graph: GraphSummary): SearchIndex {
  const nodes = graph.nodes.map((node): Entry => {
    const attributes = node.attributes.map(({ name, text }) => `${name}=${text}`);
    return entryOf(
      { kind: 'node', selection: { kind: 'node', id: node.id }, title: node.op, detail: node.name },
      [node.op, node.name, ...attributes],
    );
  });
  const operators = [...Map.groupBy(graph.nodes, node => node.op)].map(([op, members]): Entry => {
    const detail = `${formatInteger(members.length)} ${members.length === 1 ? 'operator' : 'operators'}`;
    const ids = members.map(node => node.id);
    return entryOf(
      { kind: 'operator', selection: { kind: 'nodes', id: op, nodes: ids }, title: op, detail },
      [op],
    );
  });
  const tensors = graph.tensors.map((tensor): Entry => {
    const kind = tensor.kind === 'constant' ? 'weight' : 'tensor';
    const said = tensor.kind === 'constant' ? 'weight' : tensor.kind;
    const shape = tensorShapeText(tensor);
    return entryOf(
      {
        kind,
        selection: { kind: 'tensor', id: tensor.id },
        title: tensor.name,
        detail: `${said} ${tensor.dtype ?? ''} ${shape}`,
      },
      [tensor.name, shape, tensor.dtype ?? '', said],
    );
  });
  return { entries: [...operators, ...nodes, ...tensors] };
}

const entryOf = (hit: Hit, fields: readonly string[]): Entry => ({
  ...hit,
  fields,
  name: (hit.kind === 'node' ? hit.detail : hit.title).toLowerCase(),
  text: fields.join(' ').toLowerCase(),
});

/**
 * At most `limit` hits, best ranks first; `total` counts all. A pattern that can't be read is told as the problem.
 */
export function search({ entries }: SearchIndex, query: Query, limit: number): Found {
  if (query.text.trim() === '') return { hits: [], total: 0 };
  const match = query.regex ? regexMatch(query.text) : wordMatch(query.text);
  if ('problem' in match) return { hits: [], total: 0, problem: match.problem };
  const byRank: Entry[][] = [[], [], [], []];
  for (const entry of entries) {
    if (query.kind !== undefined && entry.kind !== query.kind) continue;
    const rank = match.rank(entry);
    if (rank !== undefined) byRank[rank]?.push(entry);
  }
  const found = byRank.flat();
  return { hits: found.slice(0, limit), total: found.length };
}

/** How well an entry fits, 0 being best; undefined where it does not. */
interface Match {
  readonly rank: (entry: Entry) => number | undefined;
}

function wordMatch(text: string): Match {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
  const [first = ''] = words;
  return {
    rank: entry => {
      if (!words.every(word => entry.text.includes(word))) return undefined;
      if (entry.name === first) return 0;
      if (entry.title.toLowerCase().startsWith(first)) return 1;
      return entry.name.startsWith(first) ? 2 : 3;
    },
  };
}

function regexMatch(text: string): Match | { readonly problem: string } {
  try {
    const expression = new RegExp(text, 'i');
    return { rank: entry => (entry.fields.some(field => expression.test(field)) ? 0 : undefined) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
