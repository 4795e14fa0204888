// The account of every fused group: what its members would do apart, what they do together. Elementwise nodes read
// every operand and write one result per element; anchors read each operand and write each result once, and loop
// over every product they add up.

import { printExpression } from '../fusion/print-expression.ts';
import type { AttentionParts, Group, Operand, PreFusion } from '../fusion/types.ts';
import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { consumersOf, valueOf } from '../ir/graph.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Graph, Node, NodeId, ValueId } from '../ir/types.ts';
import { withoutCopies } from '../passes/share-subexpressions.ts';
import { flopsOf, valueBytes } from '../select/cost.ts';
import type { SelectedGroup } from '../select/select.ts';
import type { FusedGroup, LoneKernel, ModelAccount } from './types/compile.ts';

/** Without its title, which is given where the file's operators are known. */
export type Untitled<T extends { readonly title: string }> = Omit<T, 'title'>;

interface Account {
  readonly loops: number;
  readonly reads: number;
  readonly writes: number;
}

/** Groups with more than one member, or of several products that became one, in the order of their steps. */
export function fusedGroups(graph: Graph, selected: readonly SelectedGroup[]): Untitled<FusedGroup>[] {
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  const owners = ownersOf(selected);
  return selected.flatMap(({ group, step }) => {
    const members = group.nodes.flatMap(id => nodes.get(id) ?? []);
    if (step.kind !== 'kernel' || step.group === undefined) return [];
    const anchor = members.find(node => node.id === group.anchor);
    const anchors = anchorsOf(group);
    const outputs = new Set(group.outputs);
    const owned = members.filter(({ id }) => owners.get(id) === group);
    const vanished = owned.flatMap(node => node.outputs.filter(id => id !== undefined && !outputs.has(id)));
    const entry: Untitled<FusedGroup> = {
      id: group.id,
      nodes: [...new Set(members.flatMap(node => node.origin))],
      ops: members.map(node => node.op),
      ...(anchor && { anchorOp: anchor.op }),
      expression: expressionText(graph, group, anchor),
      reasons: group.reasons,
      kernel: step.template,
      before: total(members.map(node => apart(graph, node, anchors.has(node.id)))),
      after: together(graph, members, group),
      vanishedBytes: vanished.reduce((sum, id) => sum + (id === undefined ? 0 : valueBytes(graph, id)), 0),
    };
    return [entry];
  });
}

/** The group that each node belongs to; of those that all who need them compute for themselves, the first of these. */
function ownersOf(selected: readonly SelectedGroup[]): ReadonlyMap<NodeId, Group> {
  const owners = new Map<NodeId, Group>();
  for (const { group } of selected) for (const id of group.nodes) if (!owners.has(id)) owners.set(id, group);
  for (const { group } of selected) {
    const copies = new Set(group.copies);
    for (const id of group.nodes) if (!copies.has(id)) owners.set(id, group);
  }
  return owners;
}

/** Kernels of a single operator that something could have joined. */
export function loneKernels(graph: Graph, selected: readonly SelectedGroup[]): Untitled<LoneKernel>[] {
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  return selected.flatMap(({ group: { nodes: ids, reasons }, step }) => {
    const [node] = ids.flatMap(id => nodes.get(id) ?? []);
    const alone = step.kind === 'kernel' && step.group === undefined && reasons.length > 0;
    return alone && node ? [{ name: node.name, nodes: node.origin, op: node.op, reasons }] : [];
  });
}

/** Members that are no expressions: the one, or those of attention. */
function anchorsOf({ anchor, attention }: Group): ReadonlySet<NodeId> {
  const inner = attention ? [attention.product, attention.softmax] : [];
  return new Set(anchor === undefined ? [] : [...inner, anchor]);
}

/** What all steps of the model do together, against every operator apart: copies that kernels take in are one there. */
export function modelAccount(graph: Graph, selected: readonly SelectedGroup[]): ModelAccount {
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  const left = new Set(withoutCopies(graph).nodes.map(({ id }) => id));
  const accounts = selected.map(({ group }) => {
    const members = group.nodes.flatMap(id => nodes.get(id) ?? []);
    const anchors = anchorsOf(group);
    // The first group that computes a node stands for all that do.
    const own = members.filter(({ id }) => left.delete(id));
    return {
      before: total(own.map(node => apart(graph, node, anchors.has(node.id)))),
      after: together(graph, members, group),
    };
  });
  return {
    before: total(accounts.map(({ before }) => before)),
    after: total(accounts.map(({ after }) => after)),
  };
}

const total = (accounts: readonly Account[]): Account =>
  accounts.reduce(
    (a, b) => ({ loops: a.loops + b.loops, reads: a.reads + b.reads, writes: a.writes + b.writes }),
    {
      loops: 0,
      reads: 0,
      writes: 0,
    },
  );

const elements = (graph: Graph, id: ValueId | undefined): number =>
  id === undefined ? 0 : elementCount(valueOf(graph, id).shape ?? []);

/** Numbers that became part of the code are not read. */
const isNumber = (graph: Graph, id: ValueId): boolean =>
  valueOf(graph, id).constant !== undefined && elements(graph, id) === 1;

const isWanted = (graph: Graph, id: ValueId): boolean =>
  graph.outputs.includes(id) || consumersOf(graph, id).length > 0;

/** A Pad that an anchor took in is no anchor there, but reads each operand once all the same. */
function apart(graph: Graph, node: Node, isAnchor: boolean): Account {
  const elementwise = !isAnchor && node.op !== 'Pad';
  const size = elements(graph, node.outputs[0]);
  const results = node.outputs.filter(id => id !== undefined).filter(id => isWanted(graph, id));
  // Several products that became one read their input several times.
  const again = (id: ValueId) => (id === node.inputs[0] ? (intsAttribute(node, 'widths')?.length ?? 1) : 1);
  const zeros = intAttribute(node, 'zeros', 0);
  const given = (id: ValueId) => again(id) * elements(graph, id) - (id === node.inputs[2] ? zeros : 0);
  const reads = readsOf(graph, node.inputs, elementwise ? () => size : given);
  const writes = sum(results.map(id => elements(graph, id)));
  if (!elementwise) return { loops: anchorLoops(graph, node), reads, writes };
  // A sum that was joined with products that had none was as much smaller.
  const columns = elements(graph, node.inputs[1]);
  const owned = (count: number) => (zeros === 0 ? count : (count * (columns - zeros)) / columns);
  return { loops: owned(size), reads: owned(reads), writes: owned(writes) };
}

/** A multiply-add is one iteration. */
const anchorLoops = (graph: Graph, node: Node): number =>
  ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(node.op)
    ? flopsOf(graph, node) / 2
    : flopsOf(graph, node);

/**
 * What each part of the kernel reads: per input of the anchor what is read in its place, then what is read beside its
 * results. A value that two parts read is read twice.
 */
function together(graph: Graph, members: readonly Node[], group: Group): Account {
  const anchors = anchorsOf(group);
  const { anchor: id, attention, outputs } = group;
  const nodeOf = (wanted: NodeId | undefined) => members.find(node => node.id === wanted);
  const anchor = nodeOf(id);
  const own = new Set(members.flatMap(node => node.outputs));
  const apartFrom = members.filter(node => !anchors.has(node.id));
  // Factors of a normalisation are inputs of its anchor, though its epilogue reads them.
  const isBeside = (value: ValueId) => apartFrom.some(node => node.inputs.includes(value));
  const beside = (operands: readonly Operand[], results: ValueId | undefined) =>
    readsOf(graph, operands.map(({ value }) => value).filter(isBeside), () => elements(graph, results));
  const taken = ({ operands, padded }: PreFusion, input: ValueId | undefined) =>
    beside(operands, padded?.value ?? input);
  const whole = (values: readonly (ValueId | undefined)[]) =>
    readsOf(
      graph,
      values.filter(value => value !== undefined && !own.has(value)),
      value => elements(graph, value),
    );
  const inputs = anchor?.inputs.map((value, index) => ({ value, pre: group.pre.get(index) })) ?? [];
  const parts = [...inputs, ...(attention ? [attention.query, attention.key] : [])];
  const [first] = outputs;
  const loops = members.filter(node => anchors.has(node.id)).map(node => anchorLoops(graph, node));
  const results = anchor?.outputs[0] ?? first;
  return {
    loops: loops.length > 0 ? sum(loops) : elements(graph, first),
    reads: sum([
      whole(parts.filter(({ pre }) => !pre).map(({ value }) => value)),
      ...parts.map(({ value, pre }) => (pre ? taken(pre, value) : 0)),
      ...(attention
        ? [
            beside(attention.scores.operands, nodeOf(attention.product)?.outputs[0]),
            beside(attention.probabilities.operands, nodeOf(attention.softmax)?.outputs[0]),
          ]
        : []),
      beside(group.postOperands, results),
    ]),
    writes: sum(outputs.map(output => elements(graph, output))),
  };
}

/** Elements that are read of values, each of which counts once. */
const readsOf = (
  graph: Graph,
  values: readonly (ValueId | undefined)[],
  count: (value: ValueId) => number,
): number => sum([...new Set(values)].map(id => (id === undefined || isNumber(graph, id) ? 0 : count(id))));

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** `y = max(conv + residual, 0)`, before it what happens to inputs as they are read. */
function expressionText(graph: Graph, group: Group, anchor: Node | undefined): string {
  const name = (id: ValueId) => valueOf(graph, id).name;
  const operands = group.postOperands.map(operand => name(operand.value));
  const inputs = anchor ? [anchor.op.toLowerCase(), ...operands] : operands;
  const post = printExpression(group.post, inputs, group.outputs.map(name));
  const before = ({ expression, operands: read, padded }: PreFusion, input: string) => {
    const names = read.map(operand => name(operand.value));
    return printExpression(expression, names, [padded ? `${input}, inside its padding,` : input]);
  };
  const pre = [...group.pre].map(([index, fused]) =>
    before(fused, `${anchor?.op.toLowerCase()}.input${index}`),
  );
  return [...attentionTexts(group.attention, name, before), ...pre, post].join('\n');
}

/** What becomes of queries, keys, scores and weights, a line each; the product behind them is the group's anchor. */
function attentionTexts(
  attention: AttentionParts | undefined,
  name: (id: ValueId) => string,
  before: (fused: PreFusion, input: string) => string,
): string[] {
  if (!attention) return [];
  const { query, key, scores, probabilities } = attention;
  const refined = ({ expression, operands }: PreFusion, from: string, to: string) =>
    printExpression(expression, [from, ...operands.map(({ value }) => name(value))], [to]);
  return [
    ...(query.pre ? [before(query.pre, 'query')] : []),
    ...(key.pre ? [before(key.pre, 'key')] : []),
    refined(scores, 'query · key', 'scores'),
    refined(probabilities, 'softmax(scores)', 'weights'),
  ];
}
