// FileModel → Graph: names become values, subgraphs become graphs with captures, functions are expanded where they are
// called. Every node of the file becomes a node, unless it calls a function; nothing is folded or simplified here.

import { constantDtype, constantShape } from '../ir/constants/constant.ts';
import { GraphBuilder } from '../ir/graph.ts';
import type { Attribute, Constant, Graph, NodeId, ValueId } from '../ir/types.ts';
import { type BuildContext, newContext, nodeWhere, orderOnce, spendParts } from './build-context.ts';
import { type DiagnosticList, quoted } from './diagnostics.ts';
import { type FileGraph, type FileModel, type FileNode, type FileTensor, functionKey } from './file-model.ts';
import { bindResults, type Call, openBody } from './functions.ts';
import { define, lookUp, type Scope } from './scope.ts';

/** Builds the main graph. Problems become diagnostics; a node's unknown input becomes a value nobody produces. */
export function buildModelGraph(file: string, model: FileModel, diagnostics: DiagnosticList): Graph {
  const context = newContext(file, model, diagnostics);
  if (!model.graph) return new GraphBuilder('').build();
  return buildGraph(context, model.graph);
}

function buildGraph(context: BuildContext, graph: FileGraph, outer?: Scope): Graph {
  const builder = new GraphBuilder(graph.name, { ids: context.ids });
  const declared = graph.initializers.length + graph.inputs.length + graph.outputs.length;
  if (!spendParts(context, declared, `${context.file}, byte ${graph.at}`)) return builder.build();
  const ordered = orderOnce(context, graph.nodes, graph.name);
  const scope: Scope = {
    builder,
    names: new Map(),
    defined: ordered.defined,
    early: new Set(),
    ...(outer && { outer }),
    prefix: outer?.prefix ?? '',
    opsets: outer?.opsets ?? context.model.opsets,
    arguments: outer?.arguments ?? {},
    calls: outer?.calls ?? [],
  };
  for (const tensor of graph.initializers) addInitializer(context, scope, tensor);
  addInputs(context, scope, graph);
  addNodes(context, scope, ordered.nodes);
  for (const output of graph.outputs) {
    const id = lookUp(scope, output.name);
    if (id !== undefined && id !== 'omitted') builder.output(id);
    else {
      const problem = `expected a value that the graph defines, found output ${quoted(output.name)}`;
      context.diagnostics.error('undefined-value', `${context.file}, byte ${output.at}`, problem);
    }
  }
  return builder.build();
}

function addInitializer(context: BuildContext, scope: Scope, tensor: FileTensor): void {
  const { at, name, constant, dtype, shape } = tensor;
  const where = `${context.file}, byte ${at}`;
  if (name === '') {
    const problem = 'expected an initialiser with a name, found one without';
    context.diagnostics.error('name-missing', where, problem);
    return;
  }
  if (scope.names.has(name)) {
    const problem = `expected one initialiser ${quoted(name)}, found another; the first is used`;
    context.diagnostics.error('duplicate-value', where, problem);
    return;
  }
  const id = constant
    ? scope.builder.constant(name, constant)
    : scope.builder.value({ name, ...(dtype && { dtype }), ...(shape && { shape }) });
  scope.names.set(name, id);
}

/** Graph inputs; old files also list every initialiser here. */
function addInputs(context: BuildContext, scope: Scope, graph: FileGraph): void {
  const initializers = new Set(graph.initializers.map(tensor => tensor.name));
  for (const { at, name, type } of graph.inputs) {
    if (initializers.has(name)) continue;
    if (name === '' || scope.names.has(name)) {
      const problem = `expected inputs with names of their own, found ${quoted(name)}`;
      context.diagnostics.error('duplicate-value', `${context.file}, byte ${at}`, problem);
      continue;
    }
    scope.names.set(name, scope.builder.asInput(scope.builder.value({ name, ...type })));
  }
}

function addNodes(context: BuildContext, scope: Scope, nodes: readonly FileNode[]): void {
  for (const node of nodes) {
    const operands = node.inputs.length + node.outputs.length + node.attributes.length;
    // Names inside functions carry those of the calls around them.
    const parts = 1 + operands * (1 + Math.floor(scope.prefix.length / 100));
    if (!spendParts(context, parts, nodeWhere(context, node))) return;
    addNode(context, scope, node);
  }
}

function addNode(context: BuildContext, scope: Scope, node: FileNode): void {
  const id = context.ids.next();
  const attributes = resolveAttributes(context, scope, node);
  const inputs = node.inputs.map(name => resolveInput(context, scope, node, id, name));
  const callee = context.model.functions.get(functionKey(node.domain, node.type, node.overload));
  if (callee && context.expands && expandCall(context, scope, { node, callee, inputs, attributes })) return;
  const outputs = node.outputs.map(name => resolveOutput(context, scope, node, id, name));
  scope.builder.nodes(node.domain === '' ? node.type : `${node.domain}.${node.type}`, inputs, {
    id,
    name: node.name && scope.prefix + node.name,
    version: versionOf(context, scope, node),
    attributes,
    outputs,
    doc: node.doc,
    ...nodeMetadata(scope, node),
  });
  if (node.type === 'Constant' && node.domain === '') attachConstant(scope, attributes, outputs[0]);
}

/** Adds the callee's nodes in place of the call. False, with a diagnostic, when it can't be expanded. */
function expandCall(context: BuildContext, scope: Scope, call: Call): boolean {
  const opened = openBody(context, scope, call);
  if (!opened) return false;
  addNodes(context, opened.body, opened.nodes);
  bindResults(context, opened.body, call);
  return true;
}

/** The file's own, and in the body of a function also which one, so that the app can show where a node is from. */
function nodeMetadata(scope: Scope, node: FileNode): { metadata?: Readonly<Record<string, string>> } {
  const callee = scope.calls.at(-1);
  if (callee)
    return { metadata: { ...node.metadata, function: callee.name, call: scope.prefix.slice(0, -1) } };
  return Object.keys(node.metadata).length > 0 ? { metadata: node.metadata } : {};
}

function versionOf(context: BuildContext, scope: Scope, node: FileNode): number {
  for (const opsets of [scope.opsets, context.model.opsets]) {
    const version = Object.hasOwn(opsets, node.domain) ? opsets[node.domain] : undefined;
    if (version !== undefined) return version;
  }
  // Files of IR 1 and 2 have no opset imports and mean version 1.
  if (context.model.irVersion >= 3 && !context.reportedDomains.has(node.domain)) {
    context.reportedDomains.add(node.domain);
    const problem = `expected an opset version of domain ${quoted(node.domain)}, found none; assuming 1`;
    const severity = node.domain === '' ? 'error' : 'warning';
    context.diagnostics.add(severity, 'opset-missing', nodeWhere(context, node), problem);
  }
  return 1;
}

function resolveInput(context: BuildContext, scope: Scope, node: FileNode, id: NodeId, name: string) {
  if (name === '') return undefined;
  const found = lookUp(scope, name);
  if (found === 'omitted') return undefined;
  if (found !== undefined) return found;
  const value = scope.builder.value({ name: scope.prefix + name });
  scope.names.set(name, value);
  const problem = `expected inputs that exist, found ${quoted(name)}, which nothing defines`;
  context.diagnostics.error('undefined-value', nodeWhere(context, node), problem, { node: id, value });
  return value;
}

function resolveOutput(context: BuildContext, scope: Scope, node: FileNode, id: NodeId, name: string) {
  if (name === '') return undefined;
  const value = define(scope, name);
  if (value !== undefined) return value;
  const again = scope.builder.value({ name: scope.prefix + name });
  const problem = `expected an output of its own, found ${quoted(name)}, which is defined already`;
  context.diagnostics.error('duplicate-value', nodeWhere(context, node), problem, { node: id, value: again });
  return again;
}

function resolveAttributes(context: BuildContext, scope: Scope, node: FileNode): Record<string, Attribute> {
  const resolved = new Map<string, Attribute>();
  for (const { name, reference, value } of node.attributes) {
    if (reference !== '') {
      // An argument the call leaves out is as if the attribute weren't there.
      const argument = Object.hasOwn(scope.arguments, reference) ? scope.arguments[reference] : undefined;
      if (argument) resolved.set(name, argument);
    } else if (value?.type === 'file-graph') {
      resolved.set(name, { type: 'graph', value: buildGraph(context, value.graph, scope) });
    } else if (value) resolved.set(name, value);
  }
  return Object.fromEntries(resolved);
}

/** A Constant node stays a node, and its output knows its data. */
function attachConstant(
  scope: Scope,
  attributes: Readonly<Record<string, Attribute>>,
  output: ValueId | undefined,
): void {
  const constant = constantOf(attributes);
  if (!constant || output === undefined) return;
  scope.builder.update(output, {
    constant,
    dtype: constantDtype(constant),
    shape: constantShape(constant),
  });
}

function constantOf(attributes: Readonly<Record<string, Attribute>>): Constant | undefined {
  const tensor = attributes.value ?? attributes.sparse_value;
  if (tensor?.type === 'tensor') return tensor.value;
  const scalar = attributes.value_float ?? attributes.value_int ?? attributes.value_string;
  const list = attributes.value_floats ?? attributes.value_ints ?? attributes.value_strings;
  const shape = list ? [Array.isArray(list.value) ? list.value.length : 0] : [];
  const attribute = scalar ?? list;
  switch (attribute?.type) {
    case 'float':
    case 'floats':
      return inline('float32', shape, Float32Array.from([attribute.value].flat()));
    case 'int':
    case 'ints':
      return inline('int64', shape, BigInt64Array.from([attribute.value].flat(), BigInt));
    case 'string':
    case 'strings':
      return inline('string', shape, [attribute.value].flat());
    default:
      return undefined;
  }
}

const inline = (
  dtype: 'float32' | 'int64' | 'string',
  shape: readonly number[],
  data: Float32Array | BigInt64Array | readonly string[],
): Constant => ({ kind: 'inline', tensor: { dtype, shape, data } });
