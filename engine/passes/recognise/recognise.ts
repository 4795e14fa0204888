// Operators that exporters wrote out in smaller ones are put together again, by what they compute (known-functions.ts):
// one kernel reads its input once or twice instead of each part reading and writing it all. Expects that nothing is
// computed twice, for that would look as if somebody else needed it.

import type { ReadBytes } from '../../ir/constants/reading.ts';
import { attr, valueOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { tensorOf } from '../../ir/tensor.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import { deriveFloats } from '../derive.ts';
import type { Pass } from '../pass.ts';
import { type Cone, conesOf } from './cone.ts';
import { activationOf, type Known, lineFunctionOf } from './known-functions.ts';

export const recognise: Pass = {
  name: 'recognise',
  run: (graph, { read }) => {
    const patch = new Patch(graph);
    const taken = new Set<Node>();
    // From the end, so that the largest function that is known is found before its parts.
    for (const node of graph.nodes.toReversed()) {
      if (!taken.has(node)) recogniseAt(node, patch, taken, read);
    }
    return patch.build();
  },
};

/** A function that was found, and what it is put in the place of. */
interface Found {
  readonly patch: Patch;
  readonly node: Node;
  readonly cone: Cone;
  readonly known: Known;
  readonly read: ReadBytes;
}

function recogniseAt(node: Node, patch: Patch, taken: Set<Node>, read: ReadBytes): void {
  const { graph } = patch;
  for (const cone of conesOf(graph, node).toReversed()) {
    const known = activationOf(graph, cone, read) ?? lineFunctionOf(graph, cone, read);
    if (!known || cone.nodes.some(member => taken.has(member))) continue;
    for (const member of cone.nodes) taken.add(member);
    patch.replace(node, draftsOf({ patch, node, cone, known, read }));
    return;
  }
}

/** The operator, between transposes where its axes are not the last ones. */
function draftsOf(found: Found): NodeDraft[] {
  const { patch, node, cone, known } = found;
  const { shape = [] } = valueOf(patch.graph, cone.input);
  const absorbs = cone.nodes.filter(member => member !== node);
  const { op, version } = known;
  const first = shape.length - cone.axes.length;
  const trailing = cone.axes.every((axis, i) => axis === first + i);
  const extents = cone.axes.map(axis => shape[axis] ?? 1);
  const parameters = op.endsWith('Normalization') ? parametersOf(found, extents) : [];
  const single = cone.axes.length === 1 && parameters.length === 0;
  const axis = cone.axes.length === 0 ? {} : { axis: attr.int(single ? (cone.axes[0] ?? 0) : first) };
  const common = { op, version, attributes: { ...known.attributes, ...axis }, absorbs };
  if (trailing || single) return [{ ...common, inputs: [cone.input, ...parameters], outputs: [cone.output] }];
  const order = [...shape.keys()].filter(at => !cone.axes.includes(at)).concat(cone.axes);
  const turned = order.map(at => shape[at] ?? 1);
  const value = (name: string): ValueId =>
    patch.value({ name: `${node.name}/${name}`, dtype: 'float32', shape: turned });
  const [before, after] = [value('turned'), value('normalised')];
  const transpose = (from: ValueId, to: ValueId, perm: readonly number[]): NodeDraft => ({
    op: 'Transpose',
    version: 13,
    inputs: [from],
    outputs: [to],
    attributes: { perm: attr.ints(perm) },
  });
  const back = shape.map((_, at) => order.indexOf(at));
  return [
    transpose(cone.input, before, order),
    { ...common, inputs: [before, ...parameters], outputs: [after] },
    transpose(after, cone.output, back),
  ];
}

/** Scale and bias of a normalisation, along the axes it runs over. */
function parametersOf({ patch, node, known, read }: Found, extents: Shape): ValueId[] {
  const { scale, bias } = known;
  const shaped = (id: ValueId): ValueId => {
    const { constant, name } = valueOf(patch.graph, id);
    if (!constant) throw new Error(`${node.name}: a parameter is no constant`);
    return patch.constant(
      `${name}/line`,
      deriveFloats('as a line', extents, [constant], read, data => data),
    );
  };
  const factor =
    scale === undefined ? patch.constant(`${node.name}/one`, tensorOf('float32', [1], [1])) : shaped(scale);
  return bias === undefined ? [factor] : [factor, shaped(bias)];
}
