// Bodies (branches, loops, what waits for run-time extents) as programs: compiled for the extents of what they read
// when that is worth it, and kept for the next time they are met.

import type { ReadBytes } from '../ir/constant.ts';
import type { Graph, Tensor } from '../ir/types.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { BodyRunner } from '../reference/interpreter.ts';
import { MemoryLimitError } from './memory.ts';
import type { Program } from './program.ts';
import { SubProgram } from './sub-program.ts';

/** What makes programs of bodies. */
export interface BodyCompiler {
  /** The body with what it reads as inputs of these types, and its operations; undefined when they do not fit. */
  readonly prepare: (
    body: Graph,
    operands: readonly Tensor[],
  ) => { readonly graph: Graph; readonly work: number } | undefined;
  /** Compiles a prepared graph, for one thread. Throws when it cannot. */
  readonly compile: (graph: Graph) => Program;
}

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
  readonly #compiler: BodyCompiler;
  readonly #read: ReadBytes;
  readonly #cancel: Int32Array;
  readonly #worth: Worth;
  readonly #variants = new Map<Graph, Map<string, Variant>>();

  constructor(compiler: BodyCompiler, read: ReadBytes, cancel: Int32Array, worth = WORTH) {
    this.#compiler = compiler;
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
    const prepared = this.#compiler.prepare(body, operands);
    if (!prepared || prepared.work < this.#worth.again) return 'interpret';
    const { graph, work } = prepared;
    return work < this.#worth.atOnce ? { graph } : this.#program(graph);
  }

  #program(graph: Graph): Variant {
    const ports = { read: this.#read, cancel: this.#cancel, bodies: this.run };
    try {
      return new SubProgram(this.#compiler.compile(graph), ports);
    } catch (error) {
      if (error instanceof MemoryLimitError) return 'interpret';
      throw error;
    }
  }
}

const isPlain = (datum: Datum | undefined): datum is Tensor => isTensor(datum) && datum.dtype !== 'string';
