// Finding nodes, operators and tensors by what is typed. Every word must occur; better matches come first.

import type { GraphSummary } from '../../engine/report/types.ts';
import { formatShape } from '../format/units.ts';
import type { Selection } from '../state/selection.ts';

export interface Hit {
  readonly selection: Extract<Selection, { kind: 'node' | 'tensor' }>;
  readonly title: string;
  readonly detail: string;
}

interface Entry extends Hit {
  /** lower case */
  readonly text: string;
  readonly name: string;
}

export interface SearchIndex {
  readonly entries: readonly Entry[];
}

export function searchIndexOf(graph: GraphSummary): SearchIndex {
  const nodes = graph.nodes.map(
    (node): Entry => ({
      selection: { kind: 'node', id: node.id },
      title: node.op,
      detail: node.name,
      name: node.name.toLowerCase(),
      text: `${node.op} ${node.name} ${node.attributes.map(({ name, text }) => `${name}=${text}`).join(' ')}`.toLowerCase(),
    }),
  );
  const tensors = graph.tensors.map(
    (tensor): Entry => ({
      selection: { kind: 'tensor', id: tensor.id },
      title: tensor.name,
      detail: `${tensor.kind === 'constant' ? 'weight' : tensor.kind} ${formatShape(tensor.shape)}`,
      name: tensor.name.toLowerCase(),
      text: `${tensor.name} ${tensor.kind === 'constant' ? 'weight constant' : tensor.kind} ${formatShape(tensor.shape)}`.toLowerCase(),
    }),
  );
  return { entries: [...nodes, ...tensors] };
}

/** At most `limit` hits, and how many there are. */
export function search(
  { entries }: SearchIndex,
  query: string,
  limit: number,
): { readonly hits: readonly Hit[]; readonly total: number } {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
  if (words.length === 0) return { hits: [], total: 0 };
  const scored: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    if (!words.every(word => entry.text.includes(word))) continue;
    const [first = ''] = words;
    const score =
      entry.name === first
        ? 0
        : entry.title.toLowerCase().startsWith(first)
          ? 1
          : entry.name.startsWith(first)
            ? 2
            : 3;
    scored.push({ entry, score });
  }
  scored.sort((a, b) => a.score - b.score);
  return { hits: scored.slice(0, limit).map(({ entry }) => entry), total: scored.length };
}
