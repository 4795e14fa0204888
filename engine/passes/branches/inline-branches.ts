// An If whose condition is known is the branch that runs: its nodes take the place of the If, so that they are
// planned, fused and compiled like any others. Exporters write such conditions about shapes.

import { attr, findValue, valueOf } from '../../ir/graph.ts';
import { constantNumbers, type NodeDraft, Patch } from '../../ir/patch.ts';
import type { Attribute, Graph, Node, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';

export const inlineBranches: Pass = {
  name: 'inline branches',
  run: graph => {
    let before = graph;
    for (;;) {
      const after = inlineOnce(before);
      if (after === before) return after;
      before = after;
    }
  },
};

/** Branches that stand in the graph itself; those inside them come into it, and are for the next time. */
function inlineOnce(graph: Graph): Graph {
  const patch = new Patch(graph);
  for (const node of graph.nodes) {
    if (node.op !== 'If') continue;
    const [condition] = constantNumbers(graph, node.inputs[0]) ?? [];
    if (condition === undefined) continue;
    const body = node.attributes[condition === 0 ? 'else_branch' : 'then_branch'];
    if (body?.type === 'graph') patch.replace(node, inlined(patch, node.outputs, body.value));
  }
  return patch.build();
}

/** The body's nodes on values of the graph around it: captured ones, `outputs` for its own, and new ones. */
export function inlined(patch: Patch, outputs: readonly (ValueId | undefined)[], body: Graph): NodeDraft[] {
  const written = new Set(body.nodes.flatMap(node => node.outputs));
  const mapped = new Map<ValueId, ValueId>();
  const copies: NodeDraft[] = [];
  for (const [i, id] of body.outputs.entries()) {
    const output = outputs[i];
    if (output === undefined) continue;
    const direct = written.has(id) && !mapped.has(id) && !valueOf(body, id).constant;
    if (direct) mapped.set(id, output);
  }
  for (const value of body.values) {
    if (!value || mapped.has(value.id)) continue;
    const captured = body.captures?.get(value.id);
    const outer = captured === undefined ? undefined : findValue(patch.graph, captured)?.id;
    const { id, ...fields } = value;
    mapped.set(id, outer ?? patch.value(fields));
  }
  for (const [i, id] of body.outputs.entries()) {
    const [output, source] = [outputs[i], mapped.get(id)];
    if (output === undefined || source === undefined || output === source) continue;
    copies.push({ op: 'Identity', inputs: [source], outputs: [output], version: 13, attributes: {} });
  }
  const at = (id: ValueId | undefined) => (id === undefined ? undefined : mapped.get(id));
  const moved = body.nodes.map(
    ({ name, op, version, inputs, outputs, attributes }): NodeDraft => ({
      ...{ name, op, version, inputs: inputs.map(at), outputs: outputs.map(at) },
      attributes: renamed(patch, body, attributes, mapped),
    }),
  );
  return [...moved, ...copies];
}

/** Bodies inside know values by name: by those they have now. */
function renamed(
  patch: Patch,
  body: Graph,
  attributes: Node['attributes'],
  mapped: ReadonlyMap<ValueId, ValueId>,
): Node['attributes'] {
  const nameNow = (name: string): string => {
    const id = mapped.get(findValue(body, name)?.id ?? (-1 as ValueId));
    return id === undefined ? name : patch.get(id).name;
  };
  const rename = (attribute: Attribute): Attribute => {
    if (attribute.type !== 'graph' || !attribute.value.captures) return attribute;
    const captures = new Map([...attribute.value.captures].map(([id, name]) => [id, nameNow(name)]));
    return attr.graph({ ...attribute.value, captures });
  };
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, rename(value)]));
}
