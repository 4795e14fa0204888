// Operators made of others become them, so that kernels exist for their parts. What an expansion leaves to the
// reference stays as it is.

import { type Attributes, Composer, callOf, type Expansion, versionOf } from '../ir/composites/composer.ts';
import { isDynamic } from '../ir/dynamic.ts';
import { capturesOf } from '../ir/graph.ts';
import { ShapeError, Undetermined } from '../ir/ops/errors.ts';
import { findOperator } from '../ir/ops/index.ts';
import { type NodeDraft, Patch } from '../ir/patch.ts';
import type { Dtype, Graph, Node, Shape, Tensor, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

export const expand: Pass = {
  name: 'expand',
  run: graph => {
    let before = graph;
    for (;;) {
      const after = expandOnce(before);
      if (after === before) return after;
      before = after;
    }
  },
};

/** Calls of an expansion may be made of others themselves: those are for the next time. */
function expandOnce(graph: Graph): Graph {
  const patch = new Patch(graph);
  const read = readValues(graph);
  for (const node of graph.nodes) {
    const expansion = findOperator(node.op, node.version)?.expand;
    // Results that nobody reads need no calls.
    const outputs = node.outputs.map(id => (id !== undefined && read.has(id) ? id : undefined));
    const drafts = expansion && draftsOf(patch, { ...node, outputs }, expansion);
    if (drafts) patch.replace(node, drafts);
  }
  return patch.build();
}

function readValues(graph: Graph): ReadonlySet<ValueId | undefined> {
  return new Set([
    ...graph.outputs,
    ...graph.nodes.flatMap(node => [...node.inputs, ...capturesOf(graph, node)]),
  ]);
}

/** undefined where the expansion does not cover the node. */
function draftsOf(patch: Patch, node: Node, expansion: Expansion): NodeDraft[] | undefined {
  const composer = new GraphComposer(patch, node);
  try {
    return composer.finish(expansion(composer));
  } catch (error) {
    if (error instanceof ShapeError || error instanceof Undetermined) return undefined;
    throw error;
  }
}

/** A value of a graph, one object for each. */
export interface GraphValue {
  readonly id: ValueId;
}

class GraphValues {
  readonly #known = new Map<ValueId, GraphValue>();

  of = (id: ValueId): GraphValue => {
    const value = this.#known.get(id) ?? { id };
    this.#known.set(id, value);
    return value;
  };
}

const idOf = (value: GraphValue | undefined): ValueId | undefined => value?.id;

/** Calls become nodes on values of a graph. */
export class GraphComposer extends Composer<GraphValue> {
  readonly #patch: Patch;
  readonly #drafts: NodeDraft[] = [];
  /** a value of the graph as calls take it */
  readonly operand: (id: ValueId) => GraphValue;

  constructor(patch: Patch, node: Node) {
    const values = new GraphValues();
    super(
      node,
      node.inputs.map(id => (id === undefined ? undefined : values.of(id))),
    );
    this.#patch = patch;
    this.operand = values.of;
  }

  shape({ id }: GraphValue): Shape {
    const value = this.#patch.get(id);
    if (value.shape === undefined || isDynamic(value)) throw new Undetermined();
    return value.shape;
  }

  dtype({ id }: GraphValue): Dtype {
    const { dtype } = this.#patch.get(id);
    if (dtype === undefined) throw new Undetermined();
    return dtype;
  }

  known({ id }: GraphValue): Tensor | undefined {
    const { constant } = this.#patch.get(id);
    return constant?.kind === 'inline' ? constant.tensor : undefined;
  }

  constant(tensor: Tensor): GraphValue {
    return this.operand(this.#patch.constant(`${this.node.name}/constant`, tensor));
  }

  outputs(op: string, given: readonly (GraphValue | undefined)[], attributes: Attributes, count: number) {
    const inputs = given.map(idOf);
    const version = versionOf(op);
    const definition = findOperator(op, version);
    if (definition === undefined) throw new Error(`${this.node.op} is made of ${op}, which is unknown`);
    const types = definition.infer({
      node: callOf(op, inputs, attributes, count, this.node.name),
      inputs: inputs.map(id => (id === undefined ? undefined : this.#patch.get(id))),
      constant: index => {
        const value = given[index];
        return value && this.known(value);
      },
      body: () => [],
    });
    const outputs = types.map(({ dtype, shape }) => {
      if (dtype === undefined || shape === undefined) throw new Undetermined();
      return this.#patch.value({ name: `${this.node.name}/${op}`, dtype, shape });
    });
    this.#drafts.push({ op, version, inputs, outputs, attributes });
    return outputs.map(this.operand);
  }

  /** The nodes, the results under the names of the node's own outputs. */
  finish(values: readonly (GraphValue | undefined)[]): NodeDraft[] {
    const results = values.map(idOf);
    const made = new Set(this.#drafts.flatMap(({ outputs }) => outputs));
    const renamed = new Map<ValueId, ValueId>();
    const copies: NodeDraft[] = [];
    for (const [i, output] of this.node.outputs.entries()) {
      const result = results[i];
      if (output === undefined) continue;
      if (result === undefined) throw new Undetermined();
      if (made.has(result) && !renamed.has(result)) renamed.set(result, output);
      else copies.push({ op: 'Identity', version: 13, inputs: [result], outputs: [output], attributes: {} });
    }
    const as = (id: ValueId | undefined) => (id === undefined ? undefined : (renamed.get(id) ?? id));
    return [...this.#drafts, ...copies].map(draft => ({
      ...draft,
      inputs: draft.inputs.map(as),
      outputs: draft.outputs.map(as),
    }));
  }
}
