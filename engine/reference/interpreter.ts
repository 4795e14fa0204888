// The slow, obvious interpreter: it defines what every operator means. Constants are folded with it, kernels are
// checked against it, and operators that have no kernel yet run on it.

import { graphAttribute, NodeError } from '../ir/attributes.ts';
import { loadConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { valueOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import type { Constant, Graph, Node, Tensor, ValueId } from '../ir/types.ts';
import type { Call } from './call.ts';
import { callTypes } from './call-types.ts';
import { composed } from './composites.ts';
import type { TurnResults, Turns } from './control/turns.ts';
import { type Datum, isTensor } from './datum.ts';
import { findReference } from './index.ts';
import { RandomStreams } from './random.ts';

/** Finds a value around a body by its name there. */
type Outer = (name: string) => Datum | undefined;

/** Runs bodies by other means than interpreting them. */
export interface BodyRunner {
  /** Outputs of a body given its inputs and what it finds around it; undefined where it is to be interpreted. */
  readonly run: (body: Graph, inputs: readonly Datum[], outer: Outer) => readonly Datum[] | undefined;
  /** Turns of a body, maybe all; undefined where the next one is to be run by itself. */
  readonly turns: (body: Graph, turns: Turns, outer: Outer) => TurnResults | undefined;
}

/** What a graph is evaluated with besides its inputs. */
export interface EvaluationContext {
  readonly read: ReadBytes;
  /** values around a subgraph, by the name the graph around it knows them by */
  readonly outer?: Outer;
  /** asked first for every body */
  readonly bodies?: BodyRunner;
  /** what the nodes of the run draw from; left out: each node begins anew */
  readonly random?: RandomStreams;
}

/** Whether the interpreter can run this operator. */
export function hasReference(op: string, version: number): boolean {
  const definition = findOperator(op, version);
  return definition !== undefined && (findReference(op) ?? definition.expand) !== undefined;
}

/**
 * Runs one node: one tensor per output, undefined for outputs the node leaves out.
 * Throws ShapeError or AttributeError when the node does not fit its inputs, Error when the operator is unknown
 * or an output is no tensor.
 */
export function evaluateNode(
  node: Node,
  inputs: readonly (Tensor | undefined)[],
  context: EvaluationContext,
): readonly (Tensor | undefined)[] {
  return evaluateData(node, inputs, context).map(datum => {
    if (datum === undefined || isTensor(datum)) return datum;
    throw new Error(`${node.op} "${node.name}" returned a ${datum.container}, not a tensor`);
  });
}

/** The same for nodes whose inputs and outputs may be sequences and optionals. */
export const evaluateData = (
  node: Node,
  data: readonly (Datum | undefined)[],
  context: EvaluationContext,
): readonly (Datum | undefined)[] => evaluator(node, context)(data);

/** Runs one node on what it is given: a datum per output, undefined for outputs the node leaves out. */
export type Evaluator = (data: readonly (Datum | undefined)[]) => readonly (Datum | undefined)[];

/** What is known of all calls of a node. */
interface CallFacts {
  /** of which inputs every call gives the same elements */
  readonly isFixed?: (index: number) => boolean;
  /** where outputs are to be; results may lie there */
  readonly place?: Call['place'];
}

/**
 * A node made ready to run many times, as `evaluateData` would. Throws an Error when the operator is unknown.
 */
export function evaluator(
  node: Node,
  context: EvaluationContext,
  { isFixed = () => false, place = () => undefined }: CallFacts = {},
): Evaluator {
  const definition = findOperator(node.op, node.version);
  const evaluate = (part: Node, given: readonly (Tensor | undefined)[]) => evaluateNode(part, given, context);
  const reference = findReference(node.op) ?? (definition?.expand && composed(definition.expand, evaluate));
  if (reference === undefined || definition === undefined) {
    throw new Error(`no reference for ${node.op} of opset ${node.version}`);
  }
  const outer = context.outer ?? (() => undefined);
  const body = (attribute: string, given: readonly Datum[]): readonly Datum[] =>
    context.bodies?.run(graphAttribute(node, attribute), given, outer) ??
    runBody(graphAttribute(node, attribute), given, { ...context, outer });
  const turns = (attribute: string, given: Turns): TurnResults | undefined =>
    context.bodies?.turns(graphAttribute(node, attribute), given, outer);
  const load = (constant: Constant): Tensor => loadConstant(constant, context.read);
  const typesFor = callTypes(node, definition, isFixed);
  const random = definition.random(node) ? () => (context.random ?? new RandomStreams()).of(node) : noDraws;
  return data => {
    const inputs = data.map(tensorIn);
    try {
      const types = typesFor(data, inputs);
      return reference({
        node,
        data,
        inputs,
        outputs: types.outputs,
        context: types,
        body,
        turns,
        load,
        place,
        random: random(),
        once: types.once,
      });
    } catch (error) {
      throw error instanceof NodeError && isNowhere(error) ? new NodeError(error.reason, node) : error;
    }
  };
}

const noDraws = () => (): number => {
  throw new Error('an operator that is not said to be random draws numbers');
};

const tensorIn = (datum: Datum | undefined): Tensor | undefined => (isTensor(datum) ? datum : undefined);

/** It comes from what knows no node, or from a call of an expansion, which stands in no graph. */
const isNowhere = ({ node }: NodeError): boolean => !node || node.origin.length === 0;

/** Runs a body and returns its outputs in order. */
function runBody(graph: Graph, inputs: readonly Datum[], context: EvaluationContext): readonly Datum[] {
  const given = new Map<ValueId, Datum>();
  for (const [i, id] of graph.inputs.entries()) {
    const tensor = inputs[i];
    if (tensor !== undefined) given.set(id, tensor);
  }
  const values = runGraph(graph, given, context);
  return graph.outputs.map(id => values.get(id));
}

/**
 * Runs a whole graph. Returns every graph output by id.
 * Throws when an input is missing or a node cannot run.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: ReadonlyMap<ValueId, Tensor>,
  read: ReadBytes,
): Map<ValueId, Tensor> {
  const tensors = new Map<ValueId, Tensor>();
  for (const [id, datum] of evaluateGraphData(graph, inputs, read)) {
    if (!isTensor(datum))
      throw new Error(`graph ${graph.name}: output ${valueOf(graph, id).name} is no tensor`);
    tensors.set(id, datum);
  }
  return tensors;
}

/** The same for graphs whose inputs and outputs may be sequences and optionals. */
export function evaluateGraphData(
  graph: Graph,
  inputs: ReadonlyMap<ValueId, Datum>,
  read: ReadBytes,
): Map<ValueId, Datum> {
  const values = runGraph(graph, inputs, { read });
  return new Map(graph.outputs.map(id => [id, values.get(id)]));
}

/** Values of a running graph: computed ones, and constants loaded when first asked for. */
class Values {
  readonly #graph: Graph;
  readonly #context: EvaluationContext;
  readonly #known: Map<ValueId, Datum>;
  readonly #byName = new Map<string, ValueId>();

  constructor(graph: Graph, inputs: ReadonlyMap<ValueId, Datum>, context: EvaluationContext) {
    this.#graph = graph;
    this.#context = context;
    this.#known = new Map(inputs);
    for (const value of graph.values) if (value) this.#byName.set(value.name, value.id);
  }

  find(id: ValueId): Datum | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const captured = this.#graph.captures?.get(id);
    if (captured !== undefined) return this.#context.outer?.(captured);
    const { constant } = valueOf(this.#graph, id);
    if (constant === undefined) return undefined;
    const tensor = loadConstant(constant, this.#context.read);
    this.#known.set(id, tensor);
    return tensor;
  }

  get(id: ValueId): Datum {
    const tensor = this.find(id);
    if (tensor !== undefined) return tensor;
    throw new Error(`graph ${this.#graph.name}: nothing for ${valueOf(this.#graph, id).name}`);
  }

  set(id: ValueId, datum: Datum): void {
    this.#known.set(id, datum);
  }

  byName = (name: string): Datum | undefined => {
    const id = this.#byName.get(name);
    return id === undefined ? this.#context.outer?.(name) : this.find(id);
  };
}

function runGraph(graph: Graph, inputs: ReadonlyMap<ValueId, Datum>, context: EvaluationContext): Values {
  const values = new Values(graph, inputs, context);
  const inner: EvaluationContext = {
    ...context,
    random: context.random ?? new RandomStreams(),
    outer: values.byName,
  };
  for (const node of graph.nodes) {
    // What is constant was computed before: a Constant node, or a shape known since inference.
    if (node.outputs.every(id => id === undefined || graph.values[id]?.constant !== undefined)) continue;
    const operands = node.inputs.map(id => (id === undefined ? undefined : values.get(id)));
    const results = evaluateData(node, operands, inner);
    for (const [i, id] of node.outputs.entries()) {
      const result = results[i];
      if (id !== undefined && result !== undefined) values.set(id, result);
    }
  }
  return values;
}
