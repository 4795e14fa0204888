// What the steps of building a graph share, and how they name places.

import { NodeIds } from '../ir/graph.ts';
import { type DiagnosticList, quoted } from './diagnostics.ts';
import { expandedParts } from './expanded-size.ts';
import { type FileModel, type FileNode, nodeText } from './file-model.ts';
import { type OrderedNodes, orderNodes } from './order.ts';

/** What a graph may grow to when functions are expanded, counted in nodes, operands and so on: a few bytes can call
 * for a lot. Some 100 bytes of memory each. */
const MAX_PARTS = 8_000_000;

/** What building the graphs of one model shares. */
export interface BuildContext {
  readonly file: string;
  readonly model: FileModel;
  readonly diagnostics: DiagnosticList;
  readonly ids: NodeIds;
  /** parts that may still be made; below 0 when that was exceeded and reported */
  partsLeft: number;
  /** false: the model would grow too large, which was reported, and calls stay calls */
  readonly expands: boolean;
  /** domains whose missing version was reported */
  readonly reportedDomains: Set<string>;
  /** a function's nodes are ordered once, however often it is called */
  readonly orders: Map<readonly FileNode[], OrderedNodes>;
}

/** For one file that was decoded. Reports at once when its functions would expand beyond bounds. */
export const newContext = (file: string, model: FileModel, diagnostics: DiagnosticList): BuildContext => ({
  expands: !reportsBomb(file, model, diagnostics),
  file,
  model,
  diagnostics,
  ids: new NodeIds(),
  partsLeft: MAX_PARTS,
  reportedDomains: new Set(),
  orders: new Map(),
});

function reportsBomb(file: string, model: FileModel, diagnostics: DiagnosticList): boolean {
  const parts = model.functions.size === 0 ? 0 : expandedParts(model);
  if (parts <= MAX_PARTS) return false;
  const problem = `expected at most ${MAX_PARTS} nodes and operands after expanding functions, found ${parts}: calls are left as they are`;
  diagnostics.error('graph-too-large', file, problem);
  return true;
}

/** Whether `parts` more may be made; says so the first time they may not. */
export function spendParts(context: BuildContext, parts: number, where: string): boolean {
  if (context.partsLeft < 0) return false;
  context.partsLeft -= parts;
  if (context.partsLeft >= 0) return true;
  const problem = `expected at most ${MAX_PARTS} nodes and operands after expanding functions, found more`;
  context.diagnostics.error('graph-too-large', where, problem);
  return false;
}

/** A node as diagnostics name its place. */
export const nodeWhere = (context: BuildContext, node: FileNode): string =>
  `${context.file}, byte ${node.at}, node ${nodeText(node)}`;

/** The nodes in execution order; says so once when the file has them in another. */
export function orderOnce(context: BuildContext, nodes: readonly FileNode[], name: string): OrderedNodes {
  const known = context.orders.get(nodes);
  if (known) return known;
  const ordered = orderNodes(nodes);
  context.orders.set(nodes, ordered);
  for (const node of ordered.cyclic) {
    const problem = 'expected nodes without cycles, found one that needs its own result';
    context.diagnostics.error('cycle', nodeWhere(context, node), problem);
  }
  if (ordered.moved && ordered.cyclic.length === 0) {
    const problem = 'expected nodes in execution order, found some before what they need; they were sorted';
    context.diagnostics.warning('nodes-not-sorted', `${context.file}, graph ${quoted(name)}`, problem);
  }
  return ordered;
}
