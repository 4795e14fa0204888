// Shape inference: from the shapes of the inputs to the type of every value, without believing what the file says
// about them. Small computations on known elements (shapes, axes, sizes) are evaluated on the way, and their results
// attached as constants, because later shapes depend on them. The node list stays as it is.

import { NodeError, placeOf } from '../../ir/attributes.ts';
import { constantDtype, constantShape, loadConstant } from '../../ir/constant.ts';
import { capturesOf, subgraphsOf } from '../../ir/graph.ts';
import type { OperatorDefinition, ValueType } from '../../ir/ops/definition.ts';
import { ShapeError } from '../../ir/ops/errors.ts';
import { findOperator } from '../../ir/ops/index.ts';
import type { ReadBytes } from '../../ir/reading.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Attribute, Diagnostic, Graph, Model, Node, Tensor, Value, ValueId } from '../../ir/types.ts';
import { evaluateNode, hasReference } from '../../reference/interpreter.ts';
import type { OpenDimension } from '../../report/types.ts';
import { boundedBetween, shrunk } from './bounds.ts';
import { bindInputs } from './dimensions.ts';
import { type ElementRange, isSizedBy, rangeThrough } from './element-ranges.ts';

/** How much inference may compute. */
export interface InferLimits {
  /** elements of a tensor that is looked at or computed here */
  readonly elements: number;
}

const DEFAULT_LIMITS: InferLimits = { elements: 65_536 };

/** The graph with all that is known of its values. */
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
  for (const [id, shape] of bound.shapes) {
    inference.refine(id, { shape, bounded: model.graph.values[id]?.bounded });
  }
  const graph = inference.run();
  return {
    graph,
    dimensions: bound.dimensions,
    diagnostics: [...bound.diagnostics, ...inference.diagnostics, ...outsideArena(graph)],
  };
}

const LONGEST_LIST = 8;
const LONGEST_NAME = 80;
const LONGEST_MESSAGE = 1000;
/** elements of a tensor whose range is followed: shapes have few */
const LARGEST_RANGE = 64;

/** Plans show the arena: a finding says what is not in it because of its kind. */
function outsideArena(graph: Graph): Diagnostic[] {
  const found = graph.values.filter(
    value => value && !value.constant && (value.container || value.dtype === 'string'),
  );
  if (found.length === 0) return [];
  const names = found.slice(0, LONGEST_LIST).map(value => `"${value?.name}"`);
  if (found.length > names.length) names.push(`… ${found.length} in all`);
  const message =
    'strings and containers have no place in the arena: they are held beside it, and plans leave them out';
  return [{ severity: 'info', id: 'outside-arena', where: names.join(', '), message }];
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
  readonly #ranges = new Map<ValueId, ElementRange>();
  /** what gets its shape while the model runs, whatever the file says about it */
  readonly #open = new Set<ValueId>();

  constructor(graph: Graph, read: ReadBytes, limits: InferLimits, outer?: Outer) {
    this.#graph = graph;
    this.#read = read;
    this.#limits = limits;
    this.#outer = outer;
    this.#values = [...graph.values];
    for (const value of graph.values) if (value) this.#byName.set(value.name, value.id);
    for (const [id, name] of graph.captures ?? []) {
      const type = outer?.type(name);
      if (type) this.settle(id, type);
    }
  }

  run(): Graph {
    const nodes = this.#graph.nodes.map(node => this.#visit(node));
    return { ...this.#graph, nodes, values: this.#values };
  }

  /** Adds what became known about a value; undefined fields leave it as it was. */
  refine(id: ValueId, { dtype, shape, bounded, container }: ValueType): void {
    const { bounded: before, ...value } = this.#valueOf(id);
    const limits = shape ? bounded : before;
    this.#values[id] = {
      ...value,
      ...(dtype && { dtype }),
      ...(shape && { shape }),
      ...(limits?.includes(true) && { bounded: limits }),
      ...(container && { container }),
    };
  }

  /** The same, and without a shape when the type has none: what the file declares does not count. */
  settle(id: ValueId, type: ValueType): void {
    if (!type.shape) {
      const { shape: _, bounded: __, ...value } = this.#valueOf(id);
      this.#values[id] = value;
      this.#open.add(id);
    }
    this.refine(id, type);
  }

  /** What the file says about the results of a node that has none does not count. */
  #forget(node: Node): void {
    for (const id of node.outputs) {
      if (id === undefined) continue;
      const { shape: _, bounded: __, ...value } = this.#valueOf(id);
      this.#values[id] = value;
    }
  }

  typeOf = (id: ValueId): ValueType => {
    const { dtype, shape, bounded, container } = this.#valueOf(id);
    return { dtype, shape, bounded, container };
  };

  #valueOf(id: ValueId): Value {
    const value = this.#values[id];
    if (value === undefined) throw new Error(`graph ${this.#graph.name} has no value ${id}`);
    return value;
  }

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
      this.#attach(node, this.#typesOf(node, definition, inputs, bodies));
      const shaped = definition.shapeOnly && !inputs.some(input => input?.bounded);
      const known = shaped || (this.#allKnown(node) && !mayLoop(node));
      if (known && !definition.random(node)) {
        this.#evaluate(node, shaped);
      } else this.#bound(node, definition, inputs);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#report(node, 'error', 'invalid-node', error.reason);
      this.#forget(node);
    }
    this.#explain(node, definition.dataDependent, inputs);
    return withBodies(node, bodies);
  }

  /** Types of a node's outputs; where an input is bounded, which of their axes are bounded follows. */
  #typesOf(
    node: Node,
    definition: OperatorDefinition,
    inputs: readonly (ValueType | undefined)[],
    bodies: Map<string, Graph>,
  ): readonly ValueType[] {
    const rangeAt = (index: number): ElementRange | undefined => {
      const id = node.inputs[index];
      return id !== undefined && isSizedBy(node, index) ? this.#ranges.get(id) : undefined;
    };
    const infer = (given: readonly (ValueType | undefined)[], side: keyof ElementRange = 'most') =>
      definition.infer({
        node,
        inputs: given,
        constant: index => this.#tensorAt(node, index) ?? rangeAt(index)?.[side],
        body: (attribute, types) => this.#inferBody(node, attribute, types, bodies),
      });
    // Bodies carry the bounds of their inputs through by themselves.
    const exact = !inputs.some((input, index) => input?.bounded || rangeAt(index));
    if (definition.kind === 'control' || exact) return infer(inputs);
    const attempt = (extent: number) =>
      orUndefined(() =>
        infer(
          inputs.map(type => shrunk(type, extent)),
          'least',
        ),
      );
    const largest = orUndefined(() => infer(inputs));
    const smallest = firstOf(SMALL_EXTENTS, attempt);
    return largest
      ? largest.map((type, i) => boundedBetween(type, smallest?.[i]))
      : infer(inputs.map(type => type && { ...type, shape: undefined, bounded: undefined }));
  }

  /** What is known about a result that counts extents of bounded values. */
  #bound(node: Node, { shapeOnly }: OperatorDefinition, inputs: readonly (ValueType | undefined)[]): void {
    const [output] = node.outputs;
    if (output === undefined || node.outputs.length > 1) return;
    const { dtype, shape, bounded } = this.typeOf(output);
    if (!dtype || !RANGED.test(dtype) || !shape || bounded || elementCount(shape) > LARGEST_RANGE) return;
    const evaluate = (tensors: readonly (Tensor | undefined)[]): Tensor | undefined => {
      try {
        return evaluateNode(node, tensors, { read: this.#read })[0];
      } catch {
        // The ends of a range may be what no element is: then nothing is known of the result.
        return undefined;
      }
    };
    const operands = node.inputs.map((id, i): Tensor | ElementRange | undefined => {
      const type = inputs[i];
      if (id === undefined || !type) return undefined;
      if (!shapeOnly) return this.tensorOf(id) ?? this.#ranges.get(id);
      const [least, most] = [withoutElements(shrunk(type, 0) ?? type), withoutElements(type)];
      return least && most && { least, most };
    });
    if (node.inputs.some((id, i) => id !== undefined && operands[i] === undefined)) return;
    const range = rangeThrough(node, operands, evaluate);
    if (range) this.#ranges.set(output, range);
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
    // An input of unknown shape that is not open hangs on a dimension that is not bound, or an unknown operator.
    const certain = node.inputs.every(
      id => id === undefined || this.#open.has(id) || this.#values[id]?.shape || this.#values[id]?.container,
    );
    for (const [i, id] of node.outputs.entries()) {
      if (id === undefined) continue;
      const declared = this.#values[id];
      const { shape: inferred, bounded } = types[i] ?? {};
      if (declared?.shape && inferred && !bounded && !sameShape(declared.shape, inferred)) {
        const message = `"${declared.name}" is declared as [${declared.shape}], inferred as [${inferred}]`;
        this.#report(node, 'warning', 'shape-conflict', message);
      }
      if (certain) this.settle(id, types[i] ?? {});
      else this.refine(id, types[i] ?? {});
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
    if (!results) return;
    const missing = node.outputs.findIndex((id, i) => id !== undefined && results[i] === undefined);
    if (missing >= 0) {
      const message = `expected at most ${missing} outputs of ${node.op}, found ${node.outputs.length}`;
      this.#report(node, 'error', 'invalid-node', message);
      return;
    }
    for (const [i, id] of node.outputs.entries()) {
      const tensor = results[i];
      if (id === undefined || tensor === undefined || tensor.data.length > this.#limits.elements) continue;
      const constant = { kind: 'inline', tensor } as const;
      this.refine(id, { dtype: constantDtype(constant), shape: constantShape(constant) });
      this.#values[id] = { ...this.#valueOf(id), constant };
      this.#open.delete(id);
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
      const message = error instanceof Error ? error.message : String(error);
      this.#report(node, 'error', 'invalid-node', error instanceof NodeError ? error.reason : message);
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
    for (const [i, id] of body.value.inputs.entries()) inner.settle(id, given[i] ?? {});
    const graph = inner.run();
    bodies.set(attribute, graph);
    this.diagnostics.push(...this.#findingsIn(node, attribute, inner.diagnostics));
    return graph.outputs.map(inner.typeOf);
  }

  /**
   * What was found in a body, as far as it concerns a run: a branch that is never taken concerns none, and one that
   * may be left out (exporters write branches for shapes that the others do not have) is wrong only where it is taken.
   */
  #findingsIn(node: Node, attribute: string, found: readonly Diagnostic[]): readonly Diagnostic[] {
    if (node.op !== 'If') return found;
    const condition = this.#tensorAt(node, 0)?.data[0];
    if (condition === undefined) {
      return found.map(finding =>
        finding.id === 'invalid-node' ? { ...finding, severity: 'warning' } : finding,
      );
    }
    return attribute === (Number(condition) ? 'then_branch' : 'else_branch') ? found : [];
  }

  /** Says why a shape is known only when the model runs, where this node is the reason. */
  #explain(node: Node, dataDependent: boolean, inputs: readonly (ValueType | undefined)[]): void {
    const results = node.outputs.flatMap(id => (id === undefined ? [] : (this.#values[id] ?? [])));
    const open = results.filter(({ shape, bounded, container }) => (!shape || bounded) && !container);
    const known = inputs.every(input => input === undefined || (input.shape && !input.bounded));
    if (open.length === 0 || !known || this.diagnostics.some(({ node: id }) => id === node.id)) return;
    const why = dataDependent ? "its input's elements" : 'elements that are known only when the model runs';
    const largest = open.find(({ bounded }) => bounded)?.shape;
    const where = largest ? `it is at most [${largest.join(', ')}]` : 'it has no place in the arena';
    const message = `the shape of ${node.op}'s result depends on ${why}: ${where}`;
    this.#report(node, 'info', 'data-dependent-shape', message);
  }

  #report(node: Node, severity: Diagnostic['severity'], id: string, message: string): void {
    const where = placeOf({ ...node, op: shortened(node.op), name: shortened(node.name) });
    this.diagnostics.push({
      severity,
      id,
      where,
      message: shortened(message, LONGEST_MESSAGE),
      node: node.id,
    });
  }
}

/** Names come from the file, and so may be of any length. */
const shortened = (text: string, longest = LONGEST_NAME): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** Types in which models compute extents. */
const RANGED = /^(int|float)(32|64)$/;

/** Extents of what is bounded that a rule is asked about until it accepts one: windows need some room. */
const SMALL_EXTENTS = [0, 1, 2, 4, 8, 16, 32];

function firstOf<A, B>(list: readonly A[], map: (item: A) => B | undefined): B | undefined {
  for (const item of list) {
    const found = map(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a rule gives; undefined when shapes contradict each other, as capacities may where real extents do not. */
function orUndefined<T>(rule: () => T): T | undefined {
  try {
    return rule();
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
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
