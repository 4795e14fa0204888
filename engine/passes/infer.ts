// Shape inference: from the shapes of the inputs to the type of every value, without believing what the file says
// about them. Small computations on known elements (shapes, axes, sizes) are evaluated on the way, and their results
// attached as constants, because later shapes depend on them. The node list stays as it is.

import { constantDtype, constantShape, loadConstant, type ReadBytes } from '../ir/constant.ts';
import { capturesOf, subgraphsOf } from '../ir/graph.ts';
import { isUserError, type ValueType } from '../ir/ops/definition.ts';
import { findOperator } from '../ir/ops/index.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Attribute, Diagnostic, Graph, Model, Node, Tensor, Value, ValueId } from '../ir/types.ts';
import { evaluateNode, hasReference } from '../reference/interpreter.ts';
import type { OpenDimension } from '../report/types.ts';
import { bindInputs } from './dimensions.ts';

export interface InferLimits {
  /** elements of a tensor that is looked at or computed here */
  readonly elements: number;
}

const DEFAULT_LIMITS: InferLimits = { elements: 65_536 };

export interface InferredModel {
  readonly graph: Graph;
  readonly dimensions: readonly OpenDimension[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Infers the type of every value. `dims`: extents of open input dimensions, by symbol or 'input:axis'.
 * What cannot be known stays undefined and is explained by a diagnostic.
 */
export function inferShapes(
  model: Model,
  dims: Readonly<Record<string, number>>,
  read: ReadBytes,
  limits: InferLimits = DEFAULT_LIMITS,
): InferredModel {
  const bound = bindInputs(model.graph, dims);
  const inference = new Inference(model.graph, read, limits);
  for (const [id, shape] of bound.shapes) inference.refine(id, { shape });
  const graph = inference.run();
  return {
    graph,
    dimensions: bound.dimensions,
    diagnostics: [...bound.diagnostics, ...inference.diagnostics],
  };
}

/** What a subgraph sees of the graph around it. */
interface Outer {
  readonly type: (name: string) => ValueType | undefined;
  readonly tensor: (name: string) => Tensor | undefined;
}

/** One graph being inferred, its values filling up in execution order. */
class Inference {
  readonly diagnostics: Diagnostic[] = [];
  readonly #graph: Graph;
  readonly #read: ReadBytes;
  readonly #limits: InferLimits;
  readonly #outer: Outer | undefined;
  readonly #values: (Value | undefined)[];
  readonly #tensors = new Map<ValueId, Tensor>();
  readonly #byName = new Map<string, ValueId>();

  constructor(graph: Graph, read: ReadBytes, limits: InferLimits, outer?: Outer) {
    this.#graph = graph;
    this.#read = read;
    this.#limits = limits;
    this.#outer = outer;
    this.#values = [...graph.values];
    for (const value of graph.values) if (value) this.#byName.set(value.name, value.id);
    for (const [id, name] of graph.captures ?? []) {
      const type = outer?.type(name);
      if (type) this.refine(id, type);
    }
  }

  run(): Graph {
    const nodes = this.#graph.nodes.map(node => this.#visit(node));
    return { ...this.#graph, nodes, values: this.#values };
  }

  /** Adds what became known about a value; undefined fields leave it as it was. */
  refine(id: ValueId, { dtype, shape, container }: ValueType): void {
    const value = this.#values[id];
    if (value === undefined) throw new Error(`graph ${this.#graph.name} has no value ${id}`);
    const known = { ...(dtype && { dtype }), ...(shape && { shape }), ...(container && { container }) };
    this.#values[id] = { ...value, ...known };
  }

  typeOf = (id: ValueId): ValueType => {
    const value = this.#values[id];
    return { dtype: value?.dtype, shape: value?.shape, container: value?.container };
  };

  /** Elements of a value, when they are known and few. */
  tensorOf = (id: ValueId): Tensor | undefined => {
    const known = this.#tensors.get(id);
    if (known !== undefined) return known;
    const captured = this.#graph.captures?.get(id);
    if (captured !== undefined) return this.#outer?.tensor(captured);
    const constant = this.#values[id]?.constant;
    if (constant === undefined || elementCount(constantShape(constant)) > this.#limits.elements)
      return undefined;
    const tensor = loadConstant(constant, this.#read);
    this.#tensors.set(id, tensor);
    return tensor;
  };

  #names: Outer = {
    type: name => {
      const id = this.#byName.get(name);
      return id === undefined ? this.#outer?.type(name) : this.typeOf(id);
    },
    tensor: name => {
      const id = this.#byName.get(name);
      return id === undefined ? this.#outer?.tensor(name) : this.tensorOf(id);
    },
  };

  /** Types and, where small, elements of a node's outputs. Returns the node, its bodies inferred. */
  #visit(node: Node): Node {
    const bodies = new Map<string, Graph>();
    const definition = findOperator(node.op, node.version);
    if (definition === undefined) {
      this.#report(
        node,
        'warning',
        'unknown-operator',
        `no shape rule for ${node.op} of opset ${node.version}`,
      );
      return node;
    }
    const inputs = node.inputs.map(id => (id === undefined ? undefined : this.typeOf(id)));
    try {
      const types = definition.infer({
        node,
        inputs,
        constant: index => this.#tensorAt(node, index),
        body: (attribute, given) => this.#inferBody(node, attribute, given, bodies),
      });
      this.#attach(node, types);
      const known = definition.shapeOnly || (this.#allKnown(node) && !mayLoop(node));
      if (known && !definition.random) {
        this.#evaluate(node, definition.shapeOnly);
      }
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.#report(node, 'error', 'invalid-node', error.message);
    }
    this.#explain(node, definition.dataDependent, inputs);
    return withBodies(node, bodies);
  }

  /** Whether the elements of everything the node reads are known, inside its bodies too. */
  #allKnown(node: Node): boolean {
    const read = [...node.inputs, ...capturesOf(this.#graph, node)];
    return read.every(id => id === undefined || this.tensorOf(id) !== undefined);
  }

  #tensorAt(node: Node, index: number): Tensor | undefined {
    const id = node.inputs[index];
    return id === undefined ? undefined : this.tensorOf(id);
  }

  #attach(node: Node, types: readonly ValueType[]): void {
    for (const [i, id] of node.outputs.entries()) {
      if (id === undefined) continue;
      const declared = this.#values[id];
      const inferred = types[i]?.shape;
      if (declared?.shape && inferred && !sameShape(declared.shape, inferred)) {
        const message = `"${declared.name}" is declared as [${declared.shape}], inferred as [${inferred}]`;
        this.#report(node, 'warning', 'shape-conflict', message);
      }
      this.refine(id, types[i] ?? {});
    }
  }

  /** Computes outputs whose inputs are known, when they are small. */
  #evaluate(node: Node, shapeOnly: boolean): void {
    if (!hasReference(node.op, node.version) || node.outputs.length === 0) return;
    const known = node.outputs.map(id => id !== undefined && this.#values[id]?.constant !== undefined);
    if (known.every(Boolean) || node.outputs.some(id => id !== undefined && this.#values[id]?.container))
      return;
    const sizes = node.outputs.map(id => (id === undefined ? [] : (this.#values[id]?.shape ?? [])));
    if (sizes.some(shape => elementCount(shape) > this.#limits.elements)) return;
    const inputs = node.inputs.map((id, i) => {
      if (id === undefined) return undefined;
      return shapeOnly ? withoutElements(this.typeOf(id)) : this.#tensorAt(node, i);
    });
    if (node.inputs.some((id, i) => id !== undefined && inputs[i] === undefined)) return;
    const results = this.#tryEvaluate(node, inputs);
    for (const [i, id] of node.outputs.entries()) {
      const tensor = results?.[i];
      if (id === undefined || tensor === undefined || tensor.data.length > this.#limits.elements) continue;
      const value = this.#values[id];
      if (value === undefined) continue;
      const constant = { kind: 'inline', tensor } as const;
      const type = { dtype: constantDtype(constant), shape: constantShape(constant) };
      this.#values[id] = { ...value, ...type, constant };
    }
  }

  /**
   * A constant computation may be impossible (an index out of range, a type the operator cannot take): that is a
   * finding about the model. Whatever is thrown becomes a diagnostic, so that the model can still be looked at.
   */
  #tryEvaluate(node: Node, inputs: readonly (Tensor | undefined)[]) {
    try {
      return evaluateNode(node, inputs, { read: this.#read, outer: this.#names.tensor });
    } catch (error) {
      this.#report(node, 'error', 'invalid-node', error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #inferBody(
    node: Node,
    attribute: string,
    given: readonly ValueType[],
    bodies: Map<string, Graph>,
  ): readonly ValueType[] {
    const body = node.attributes[attribute];
    if (body?.type !== 'graph') return [];
    const inner = new Inference(body.value, this.#read, this.#limits, this.#names);
    for (const [i, id] of body.value.inputs.entries()) inner.refine(id, given[i] ?? {});
    const graph = inner.run();
    bodies.set(attribute, graph);
    this.diagnostics.push(...inner.diagnostics);
    return graph.outputs.map(inner.typeOf);
  }

  /** Says why a shape stays unknown, where this node is the reason. */
  #explain(node: Node, dataDependent: boolean, inputs: readonly (ValueType | undefined)[]): void {
    const open = node.outputs.some(id => id !== undefined && this.#values[id]?.shape === undefined);
    const known = inputs.every(input => input === undefined || input.shape !== undefined);
    const container = node.outputs.some(id => id !== undefined && this.#values[id]?.container !== undefined);
    if (!open || !known || container || this.diagnostics.some(({ node: id }) => id === node.id)) return;
    const message = dataDependent
      ? `the shape of ${node.op}'s result depends on its input's elements`
      : `the shape of ${node.op}'s result depends on elements that are known only when the model runs`;
    this.#report(node, 'warning', 'data-dependent-shape', message);
  }

  #report(node: Node, severity: Diagnostic['severity'], id: string, message: string): void {
    this.diagnostics.push({ severity, id, where: `${node.op} "${node.name}"`, message, node: node.id });
  }
}

/** Loops may run for as long as they like: nothing to do while a model opens. */
function mayLoop(node: Node): boolean {
  if (node.op === 'Loop' || node.op === 'Scan') return true;
  return subgraphsOf(node).some(body => body.nodes.some(mayLoop));
}

/** A tensor for operators that look at shapes only. */
function withoutElements({ dtype, shape }: ValueType): Tensor | undefined {
  return shape && { dtype: dtype ?? 'float32', shape, data: [] };
}

function withBodies(node: Node, bodies: ReadonlyMap<string, Graph>): Node {
  if (bodies.size === 0) return node;
  const inferred = [...bodies].map(([name, value]): [string, Attribute] => [name, { type: 'graph', value }]);
  return { ...node, attributes: { ...node.attributes, ...Object.fromEntries(inferred) } };
}
