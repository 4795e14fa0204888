// Bodies (branches, loops, what waits for run-time extents) as programs: compiled for the extents of what they read
// when that is worth it, and kept for the next time they are met.

import type { ReadBytes } from '../ir/constant.ts';
import { subgraphsOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Graph, Node, Tensor, Value } from '../ir/types.ts';
import { inferShapes } from '../passes/infer.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { BodyRunner } from '../reference/interpreter.ts';
import { flopsOf } from '../select/cost.ts';
import { MemoryLimitError } from './memory.ts';
import type { Program } from './program.ts';
import { SubProgram } from './sub-program.ts';

/** Compiles a graph with fixed inputs, for one thread. Throws when it cannot. */
export type CompileBody = (graph: Graph) => Program;

/** Operations from which a body is compiled. */
export interface Worth {
  /** when it is met again */
  readonly again: number;
  readonly atOnce: number;
}

const WORTH: Worth = { again: 1e5, atOnce: 2e7 };
/** Extents whose programs are kept, per body: each has its own memory. */
const MOST_KEPT = 4;

/** 'interpret': seen once and small, or not to be compiled at all. */
type Variant = SubProgram | 'interpret' | { readonly graph: Graph };

export class CompiledBodies {
  readonly #compile: CompileBody;
  readonly #read: ReadBytes;
  readonly #cancel: Int32Array;
  readonly #worth: Worth;
  readonly #variants = new Map<Graph, Map<string, Variant>>();

  constructor(compile: CompileBody, read: ReadBytes, cancel: Int32Array, worth = WORTH) {
    this.#compile = compile;
    this.#read = read;
    this.#cancel = cancel;
    this.#worth = worth;
  }

  /** Outputs of a body; undefined where the interpreter should run it. */
  run: BodyRunner = (body, inputs, outer) => {
    const captured = [...(body.captures?.values() ?? [])].map(outer);
    const operands = [...body.inputs.map((_, i) => inputs[i]), ...captured];
    if (!operands.every(isPlain)) return undefined;
    const key = operands.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();
    const variants = this.#variants.get(body) ?? new Map<string, Variant>();
    this.#variants.set(body, variants);
    const known = variants.get(key);
    // What is used stays longest.
    variants.delete(key);
    const variant = this.#next(known, body, operands);
    variants.set(key, variant);
    const [oldest] = variants.keys();
    if (variants.size > MOST_KEPT && oldest !== undefined) variants.delete(oldest);
    return variant instanceof SubProgram ? variant.run(operands) : undefined;
  };

  #next(known: Variant | undefined, body: Graph, operands: readonly Tensor[]): Variant {
    if (known instanceof SubProgram || known === 'interpret') return known;
    if (known) return this.#program(known.graph);
    const graph = standalone(body, operands, this.#read);
    const work = graph ? workOf(graph) : 0;
    if (!graph || work < this.#worth.again) return 'interpret';
    return work < this.#worth.atOnce ? { graph } : this.#program(graph);
  }

  #program(graph: Graph): Variant {
    const ports = { read: this.#read, cancel: this.#cancel, bodies: this.run };
    try {
      return new SubProgram(this.#compile(graph), ports);
    } catch (error) {
      if (error instanceof MemoryLimitError) return 'interpret';
      throw error;
    }
  }
}

const isPlain = (datum: Datum | undefined): datum is Tensor => isTensor(datum) && datum.dtype !== 'string';

/** The body with what it reads as inputs of these types, shapes inferred anew; undefined when they do not fit. */
function standalone(body: Graph, operands: readonly Tensor[], read: ReadBytes): Graph | undefined {
  const { captures, ...rest } = body;
  const inputs = [...body.inputs, ...(captures?.keys() ?? [])];
  const types = new Map(inputs.map((id, i) => [id, operands[i]]));
  const values = body.values.map((value): Value | undefined => {
    if (!value || value.constant) return value;
    const { shape: _, bounded: __, declared: ___, layout: ____, ...known } = value;
    const operand = types.get(value.id);
    return operand ? { ...known, dtype: operand.dtype, shape: operand.shape } : known;
  });
  const model = {
    graph: { ...rest, inputs, values },
    format: 'sample',
    irVersion: 0,
    opsets: {},
    producer: '',
    metadata: {},
    diagnostics: [],
  } as const;
  const { graph, diagnostics } = inferShapes(model, {}, read);
  return diagnostics.some(({ severity }) => severity === 'error') ? undefined : graph;
}

/** Operations of a graph, roughly: products count their weights once at least. */
function workOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + workOfNode(graph, node), 0);
}

function workOfNode(graph: Graph, node: Node): number {
  const bodies = subgraphsOf(node).reduce((sum, body) => sum + workOf(body), 0);
  const isRecurrent = findOperator(node.op, node.version)?.kind === 'recurrent';
  const [x, weights] = node.inputs.map(id => (id === undefined ? [] : (graph.values[id]?.shape ?? [])));
  const steps = isRecurrent ? (x?.[0] ?? 1) * elementCount(weights ?? []) * 2 : 0;
  return bodies + steps + flopsOf(graph, node);
}
