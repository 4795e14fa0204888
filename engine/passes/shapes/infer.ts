// Shape inference: from the shapes of the inputs to the type of every value, without believing what the file says
// about them. Small computations on known elements (shapes, axes, sizes) are evaluated on the way, and their results
// attached as constants, because later shapes depend on them. The node list stays as it is.

import { NodeError } from '../../ir/attributes.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { capturesOf, subgraphsOf } from '../../ir/graph.ts';
import type { OperatorDefinition, ValueType } from '../../ir/ops/definition.ts';
import { ShapeError } from '../../ir/ops/errors.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Attribute, Diagnostic, Graph, Model, Node, Tensor } from '../../ir/types.ts';
import { evaluateNode, hasReference } from '../../reference/interpreter.ts';
import type { OpenDimension } from '../../report/types/model.ts';
import { boundedBetween, shrunk } from './bounds.ts';
import { bindInputs } from './dimensions.ts';
import { type ElementRange, isSizedBy, rangeThrough } from './element-ranges.ts';
import { findingAt, findingsInBody, outsideArena } from './findings.ts';
import { KnownValues, type Outer } from './known-values.ts';

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
    inference.known.refine(id, { shape, bounded: model.graph.values[id]?.bounded });
  }
  const graph = inference.run();
  return {
    graph,
    dimensions: bound.dimensions,
    diagnostics: [...bound.diagnostics, ...inference.diagnostics, ...outsideArena(graph)],
  };
}

/** Elements of a tensor whose range is followed: shapes have few. */
const LARGEST_RANGE = 64;

/** One graph being inferred, a node after the other. */
class Inference {
  readonly diagnostics: Diagnostic[] = [];
  readonly known: KnownValues;
  readonly #graph: Graph;
  readonly #read: ReadBytes;
  readonly #limits: InferLimits;

  constructor(graph: Graph, read: ReadBytes, limits: InferLimits, outer?: Outer) {
    this.#graph = graph;
    this.#read = read;
    this.#limits = limits;
    this.known = new KnownValues(graph, read, limits.elements, outer);
  }

  run(): Graph {
    const nodes = this.#graph.nodes.map(node => this.#visit(node));
    return { ...this.#graph, nodes, values: this.known.values };
  }

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
    const inputs = node.inputs.map(id => (id === undefined ? undefined : this.known.typeOf(id)));
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
      this.known.forget(node);
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
      return id !== undefined && isSizedBy(node, index) ? this.known.ranges.get(id) : undefined;
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
    const { dtype, shape, bounded } = this.known.typeOf(output);
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
      if (!shapeOnly) return this.known.tensorOf(id) ?? this.known.ranges.get(id);
      const [least, most] = [withoutElements(shrunk(type, 0) ?? type), withoutElements(type)];
      return least && most && { least, most };
    });
    if (node.inputs.some((id, i) => id !== undefined && operands[i] === undefined)) return;
    const range = rangeThrough(node, operands, evaluate);
    if (range) this.known.ranges.set(output, range);
  }

  /** Whether the elements of everything the node reads are known, inside its bodies too. */
  #allKnown(node: Node): boolean {
    const read = [...node.inputs, ...capturesOf(this.#graph, node)];
    return read.every(id => id === undefined || this.known.tensorOf(id) !== undefined);
  }

  #tensorAt(node: Node, index: number): Tensor | undefined {
    const id = node.inputs[index];
    return id === undefined ? undefined : this.known.tensorOf(id);
  }

  #attach(node: Node, types: readonly ValueType[]): void {
    const certain = node.inputs.every(id => id === undefined || this.known.isCertain(id));
    for (const [i, id] of node.outputs.entries()) {
      if (id === undefined) continue;
      const declared = this.known.values[id];
      const { shape: inferred, bounded } = types[i] ?? {};
      if (declared?.shape && inferred && !bounded && !sameShape(declared.shape, inferred)) {
        const message = `"${declared.name}" is declared as [${declared.shape}], inferred as [${inferred}]`;
        this.#report(node, 'warning', 'shape-conflict', message);
      }
      if (certain) this.known.settle(id, types[i] ?? {});
      else this.known.refine(id, types[i] ?? {});
    }
  }

  /** Computes outputs whose inputs are known, when they are small. */
  #evaluate(node: Node, shapeOnly: boolean): void {
    if (!hasReference(node.op, node.version) || node.outputs.length === 0) return;
    const known = node.outputs.map(id => id !== undefined && this.known.values[id]?.constant !== undefined);
    if (known.every(Boolean) || node.outputs.some(id => id !== undefined && this.known.values[id]?.container))
      return;
    const sizes = node.outputs.map(id => (id === undefined ? [] : (this.known.values[id]?.shape ?? [])));
    if (sizes.some(shape => elementCount(shape) > this.#limits.elements)) return;
    const inputs = node.inputs.map((id, i) => {
      if (id === undefined) return undefined;
      return shapeOnly ? withoutElements(this.known.typeOf(id)) : this.#tensorAt(node, i);
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
      this.known.fix(id, tensor);
    }
  }

  /**
   * A constant computation may be impossible (an index out of range, a type the operator cannot take): that is a
   * finding about the model. Whatever is thrown becomes a diagnostic, so that the model can still be looked at.
   */
  #tryEvaluate(node: Node, inputs: readonly (Tensor | undefined)[]) {
    try {
      return evaluateNode(node, inputs, { read: this.#read, outer: this.known.seenInside.tensor });
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
    const inner = new Inference(body.value, this.#read, this.#limits, this.known.seenInside);
    for (const [i, id] of body.value.inputs.entries()) inner.known.settle(id, given[i] ?? {});
    const graph = inner.run();
    bodies.set(attribute, graph);
    const condition = this.#tensorAt(node, 0)?.data[0];
    const decided = condition === undefined ? undefined : Boolean(Number(condition));
    this.diagnostics.push(...findingsInBody(node, attribute, decided, inner.diagnostics));
    return graph.outputs.map(inner.known.typeOf);
  }

  /** Says why a shape is known only when the model runs, where this node is the reason. */
  #explain(node: Node, dataDependent: boolean, inputs: readonly (ValueType | undefined)[]): void {
    const results = node.outputs.flatMap(id => (id === undefined ? [] : (this.known.values[id] ?? [])));
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
    this.diagnostics.push(findingAt(node, severity, id, message));
  }
}

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
