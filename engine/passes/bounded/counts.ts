// What exporters compute shapes with: elements of small integer tensors that count run-time extents, as far as they
// are one extent and what becomes of it.

import { intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import { growing } from './extent.ts';
import type { Counts, Known } from './operands.ts';

type Count = Counts[number];

/** Vectors of more elements tell no shape. */
const LONGEST = 16;

function applied(op: string, a: Count, b: Count): Count {
  if (typeof a === 'number' && typeof b === 'number') return undefined;
  if (typeof a === 'number') return op === 'Add' || op === 'Mul' ? applied(op, b, a) : undefined;
  if (a === undefined || typeof b !== 'number') return undefined;
  if (op === 'Add') return growing(a, { multiply: 1, add: b, divide: 1 });
  if (op === 'Sub') return growing(a, { multiply: 1, add: -b, divide: 1 });
  if (b < 1) return undefined;
  return growing(a, op === 'Mul' ? { multiply: b, add: 0, divide: 1 } : { multiply: 1, add: 0, divide: b });
}

/** Elements of a node's result, where they are known to count extents. */
function countsThrough(graph: Graph, node: Node, known: Known): Counts | undefined {
  const of = (input: number): Counts | undefined => {
    const id = node.inputs[input];
    return id === undefined ? undefined : (known.counts.get(id) ?? constantNumbers(graph, id));
  };
  switch (node.op) {
    case 'Shape':
      return shapeCounts(graph, node, known);
    case 'Identity':
    case 'Cast':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Reshape':
      return of(0);
    case 'Gather': {
      const [counts, places] = [of(0), constantNumbers(graph, node.inputs[1])];
      return counts && places?.map(place => counts.at(place));
    }
    case 'Slice': {
      const [counts, starts, ends] = [
        of(0),
        constantNumbers(graph, node.inputs[1]),
        constantNumbers(graph, node.inputs[2]),
      ];
      const plain = (constantNumbers(graph, node.inputs[4])?.[0] ?? 1) === 1;
      return plain && starts && ends ? counts?.slice(starts[0], ends[0]) : undefined;
    }
    case 'Concat': {
      const parts = node.inputs.map((_, i) => of(i));
      return parts.every(part => part !== undefined) ? parts.flat() : undefined;
    }
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      const [a, b] = [of(0), of(1)];
      if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return undefined;
      const length = Math.max(a.length, b.length);
      return Array.from({ length }, (_, i) => applied(node.op, a.at(i % a.length), b.at(i % b.length)));
    }
    default:
      return undefined;
  }
}

function shapeCounts(graph: Graph, node: Node, known: Known): Counts | undefined {
  const [x] = node.inputs;
  if (x === undefined) return undefined;
  const { shape } = valueOf(graph, x);
  const labels = known.extents.get(x);
  const [start, end] = ['start', 'end'].map(name => node.attributes[name] && intAttribute(node, name));
  return shape?.map((extent, axis) => labels?.[axis] ?? extent).slice(start ?? 0, end);
}

/** The counts of a node's one result, if it is one that could tell a shape. */
export function countsOf(graph: Graph, node: Node, known: Known): readonly (readonly [ValueId, Counts])[] {
  const [output, ...others] = node.outputs;
  if (output === undefined || others.some(id => id !== undefined)) return [];
  const { dtype } = valueOf(graph, output);
  if (dtype !== 'int64' && dtype !== 'int32') return [];
  const counts = countsThrough(graph, node, known);
  if (!counts || counts.length > LONGEST || !counts.some(count => typeof count === 'object')) return [];
  return [[output, counts]];
}
