// Calls of model-local functions are replaced by the function's nodes. Names from a body get the call's name before
// them ('call/inner'), so that two calls don't collide and a node shows where it is from.
// https://github.com/onnx/onnx/blob/main/docs/IR.md#functions

import type { Attribute, ValueId } from '../ir/types.ts';
import { type BuildContext, nodeWhere, orderOnce, spendParts } from './build-context.ts';
import { quoted } from './diagnostics.ts';
import { MAX_CALL_DEPTH } from './expanded-size.ts';
import type { FileFunction, FileNode } from './file-model.ts';
import { define, lookUp, type Scope } from './scope.ts';

const MAX_NAME_LENGTH = 200;

/** A node that calls a function of the model. */
export interface Call {
  readonly node: FileNode;
  readonly callee: FileFunction;
  readonly inputs: readonly (ValueId | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** The scope of a call's body, and the nodes to add there. Undefined, with a diagnostic, when it can't be expanded. */
export function openBody(
  context: BuildContext,
  scope: Scope,
  { node, callee, inputs, attributes }: Call,
): { body: Scope; nodes: readonly FileNode[] } | undefined {
  if (scope.calls.includes(callee) || scope.calls.length >= MAX_CALL_DEPTH) {
    const problem = `expected functions that end, found ${quoted(callee.name)} calling itself or nested too deep`;
    context.diagnostics.error('recursive-function', nodeWhere(context, node), problem);
    return undefined;
  }
  const signature = callee.inputs.length + callee.outputs.length + callee.defaults.length;
  if (!spendParts(context, signature, nodeWhere(context, node))) return undefined;
  const { nodes, defined } = orderOnce(context, callee.nodes, callee.name);
  const results = new Map<string, string>();
  callee.outputs.forEach((formal, index) => {
    const actual = node.outputs[index] ?? '';
    if (actual !== '' && defined.has(formal) && !results.has(formal)) results.set(formal, actual);
  });
  const body: Scope = {
    builder: scope.builder,
    names: new Map(callee.inputs.map((formal, index) => [formal, inputs[index]])),
    defined,
    early: new Set(),
    caller: { scope, results },
    prefix: `${scope.prefix}${(node.name || `${callee.name}_${node.at}`).slice(0, MAX_NAME_LENGTH)}/`,
    opsets: callee.opsets,
    arguments: { ...defaultsOf(callee), ...attributes },
    calls: [...scope.calls, callee],
  };
  return { body, nodes };
}

function defaultsOf(callee: FileFunction): Record<string, Attribute> {
  const defaults = new Map<string, Attribute>();
  for (const { name, value } of callee.defaults) {
    if (value && value.type !== 'file-graph') defaults.set(name, value);
  }
  return Object.fromEntries(defaults);
}

/**
 * Makes the results that no node of the body makes under the caller's name: an input passed through, one value twice.
 */
export function bindResults(context: BuildContext, body: Scope, { node, callee }: Call): void {
  if (!body.caller) return;
  const { scope, results } = body.caller;
  callee.outputs.forEach((formal, index) => {
    const actual = node.outputs[index] ?? '';
    if (actual === '' || results.get(formal) === actual) return;
    const inner = lookUp(body, formal);
    const output = define(scope, actual);
    if (inner === undefined || inner === 'omitted' || output === undefined) {
      const problem = `expected function ${quoted(callee.name)} to define its output ${quoted(formal)}, found that it doesn't`;
      context.diagnostics.error('undefined-value', nodeWhere(context, node), problem);
    } else {
      const name = `${body.prefix}${formal}_result`;
      body.builder.nodes('Identity', [inner], { name, version: body.opsets[''] ?? 1, outputs: [output] });
    }
  });
}
