// Bodies (branches, loops, what waits for run-time extents) as programs: compiled when that is worth it, for capacities
// that the extents of what they read are within, and kept for the next time they are met. Where much work cannot be
// done at capacity, a body is compiled for the very extents.

import { sameShape, tensorOf } from '../ir/tensor.ts';
import type { Graph } from '../ir/types.ts';
import type { Turns } from '../reference/control/turns.ts';
import { type Datum, isSequence, isTensor, someItem } from '../reference/datum.ts';
import type { BodyRunner } from '../reference/interpreter.ts';
import { MemoryLimitError } from './memory.ts';
import { canHold, OpenAxes, type OperandType, spareIn } from './open-axes.ts';
import type { Program } from './program.ts';
import { SubProgram, type SubProgramPorts } from './sub-program.ts';

/** What makes programs of bodies. */
export interface BodyCompiler {
  /**
   * The body with what it reads as inputs of these types, and its operations. It may return what it captures behind
   * its own results: then that is not lost while it runs. Undefined when they do not fit; or when
   * an axis is bounded that much work would have to know the extent of.
   */
  readonly prepare: (
    body: Graph,
    operands: readonly OperandType[],
  ) => { readonly graph: Graph; readonly work: number } | undefined;
  /** Nominal operations of a graph's nodes, by the shapes that are known; of bodies inside of it none. */
  readonly flops: (graph: Graph) => number;
  /** Compiles a prepared graph, for one thread. Throws when it cannot. */
  readonly compile: (graph: Graph) => Program;
}

/** Operations from which a body is compiled. */
export interface Worth {
  /** when it is met again */
  readonly again: number;
  /** also when all its turns so far were as much */
  readonly atOnce: number;
}

const WORTH: Worth = { again: 1e5, atOnce: 2e7 };
/** What a node costs the interpreter beside its operations, in operations. */
const NODE_WORK = 5000;
/** Types whose programs are kept, per body: each has its own memory. */
const MOST_KEPT = 4;
/** So many times the capacity that is needed is used where it is there already; more where there is little to do. */
const MOST_SPARE = 4;

/** A body for operands of these types. */
interface Variant {
  readonly types: readonly OperandType[];
  readonly work: number;
  /** 'interpret': not to be compiled at all */
  readonly form: SubProgram | 'interpret' | Waiting;
}

/** A graph that is interpreted until that has cost about what compiling would. */
interface Waiting {
  readonly graph: Graph;
  /** operations so far */
  readonly spent: number;
}

/** A body that was met. */
interface Met {
  readonly axes: OpenAxes;
  readonly variants: Map<string, Variant>;
  /** whether it has to know its extents */
  exact: boolean;
  /** the program of the turn before, what it ran on, and what it can run on: turns of a loop are alike */
  last?: {
    readonly ranOn: readonly OperandType[];
    readonly types: readonly OperandType[];
    readonly program: SubProgram;
  };
}

/** What bodies share with the program they are in. */
type BodyPorts = Omit<SubProgramPorts, 'bodies'>;

/** Programs of the bodies that a session has met. */
export class CompiledBodies implements BodyRunner {
  /** nominal operations of every turn that was run or left to the interpreter, what runs inside of bodies included */
  flops = 0;
  readonly #compiler: BodyCompiler;
  readonly #ports: BodyPorts;
  readonly #worth: Worth;
  readonly #met = new Map<Graph, Met>();
  readonly #interpretedFlops = new WeakMap<Graph, number>();

  constructor(compiler: BodyCompiler, ports: BodyPorts, worth = WORTH) {
    this.#compiler = compiler;
    this.#ports = ports;
    this.#worth = worth;
  }

  /** Outputs of a body; undefined where the interpreter should run it. */
  run: BodyRunner['run'] = (body, inputs, outer) => {
    const captured = [...(body.captures?.values() ?? [])].map(outer);
    const operands = [...body.inputs.map((_, i) => inputs[i]), ...captured];
    const given = typesOf(body, operands);
    if (!given || !operands.every(isThere)) {
      this.flops += this.#flopsOf('interpret', body);
      return undefined;
    }
    const met: Met = this.#met.get(body) ?? { axes: new OpenAxes(body), variants: new Map(), exact: false };
    this.#met.set(body, met);
    const { last } = met;
    if (last && given.every((type, i) => isAlike(type, last.ranOn[i]))) {
      this.flops += last.program.flops;
      return last.program.run(operands);
    }
    const { form, types } = this.#variant(met, body, given);
    this.flops += this.#flopsOf(form, body);
    if (!(form instanceof SubProgram)) return undefined;
    met.last = { ranOn: given, types, program: form };
    return form.run(operands);
  };

  /** Turns of a body that has a program for them; undefined where the next one is to be met by `run`. */
  turns: BodyRunner['turns'] = (body, turns, outer) => {
    const last = this.#met.get(body)?.last;
    if (!last) return undefined;
    const captured = [...(body.captures?.values() ?? [])].map(outer);
    const operands = [...firstInputs(turns), ...captured];
    const given = typesOf(body, operands);
    if (!given || !operands.every(isThere) || !canHold(last.types, given)) return undefined;
    const results = last.program.turns(turns, operands, shapes => canHold(last.types, shapes));
    this.flops += (results?.turns ?? 0) * last.program.flops;
    return results;
  };

  /** Of one turn; bodies inside of it count when they run. */
  #flopsOf(form: Variant['form'], body: Graph): number {
    if (form instanceof SubProgram) return form.flops;
    const graph = form === 'interpret' ? body : form.graph;
    const known = this.#interpretedFlops.get(graph) ?? this.#compiler.flops(graph);
    this.#interpretedFlops.set(graph, known);
    return known;
  }

  #variant(met: Met, body: Graph, operands: readonly OperandType[]): Variant {
    const bounded = met.exact ? undefined : met.axes.typesOf(operands);
    const types = bounded ?? operands;
    const known = this.#kept(met, types);
    const variant = this.#next(known, body, types);
    if (!variant) {
      if (!bounded) return this.#keep(met, { types, work: 0, form: 'interpret' });
      met.exact = true;
      return this.#variant(met, body, operands);
    }
    return this.#keep(met, variant);
  }

  /** The variant for these types, or one with capacity to spare. */
  #kept({ variants }: Met, types: readonly OperandType[]): Variant | undefined {
    const own = variants.get(keyOf(types));
    if (own) return own;
    const fitting = [...variants.values()].flatMap(variant => {
      const spare = variant.form === 'interpret' ? undefined : spareIn(variant.types, types);
      const affordable = variant.work <= this.#worth.atOnce || (spare ?? 1) <= MOST_SPARE;
      return spare !== undefined && affordable ? [{ variant, spare }] : [];
    });
    return fitting.sort((a, b) => a.spare - b.spare)[0]?.variant;
  }

  /** What is used stays longest. */
  #keep({ variants }: Met, variant: Variant): Variant {
    const key = keyOf(variant.types);
    variants.delete(key);
    variants.set(key, variant);
    const [oldest] = variants.keys();
    if (variants.size > MOST_KEPT && oldest !== undefined) variants.delete(oldest);
    return variant;
  }

  #next(known: Variant | undefined, body: Graph, types: readonly OperandType[]): Variant | undefined {
    if (known) {
      const { form, work } = known;
      if (form instanceof SubProgram || form === 'interpret') return known;
      const spent = form.spent + interpretedWork(form.graph, work);
      const due = work >= this.#worth.again || spent >= this.#worth.atOnce;
      return { ...known, form: due ? this.#program(body, form.graph) : { ...form, spent } };
    }
    const prepared = this.#compiler.prepare(body, types);
    if (!prepared) return undefined;
    const { graph, work } = prepared;
    const waits = work < this.#worth.atOnce;
    const form = waits ? { graph, spent: interpretedWork(graph, work) } : this.#program(body, graph);
    return { types, work, form };
  }

  #program(body: Graph, graph: Graph): SubProgram | 'interpret' {
    try {
      return new SubProgram(this.#compiler.compile(graph), body.outputs.length, {
        ...this.#ports,
        bodies: this,
      });
    } catch (error) {
      if (error instanceof MemoryLimitError) return 'interpret';
      throw error;
    }
  }
}

/** What the first of the turns is given. */
function firstInputs({ next, conditional, state, sequences }: Turns): Datum[] {
  const entries = sequences.map(({ dtype, shape, data }) => {
    const count = data.length / (shape[0] ?? 1);
    return { dtype, shape: shape.slice(1), data: data.slice(next * count, (next + 1) * count) };
  });
  return [
    ...(conditional ? [tensorOf('int64', [], [next]), tensorOf('bool', [], [1])] : []),
    ...state,
    ...entries,
  ];
}

const interpretedWork = (graph: Graph, work: number): number => work + graph.nodes.length * NODE_WORK;

/** The same for all operands that a program is compiled for. */
const keyOf = (types: readonly OperandType[]): string =>
  types
    .map(({ dtype, container = '', shape, extents }) => {
      const sizes = shape.map((size, axis) =>
        extents?.[axis] === undefined ? size : `≤${size}#${extents[axis]}`,
      );
      return `${container} ${dtype}[${sizes.join()}]`;
    })
    .join();

const isAlike = (a: OperandType, b: OperandType | undefined): boolean =>
  a.dtype === b?.dtype && a.container === b.container && sameShape(a.shape, b.shape);

const isThere = (datum: Datum | undefined): datum is Datum => datum !== undefined;

/** What a body is given and captures; undefined where a program cannot be given that. */
function typesOf(body: Graph, operands: readonly (Datum | undefined)[]): readonly OperandType[] | undefined {
  const ids = [...body.inputs, ...(body.captures?.keys() ?? [])];
  const types = operands.flatMap((datum, i): OperandType[] => {
    if (isTensor(datum)) return datum.dtype === 'string' ? [] : [{ dtype: datum.dtype, shape: datum.shape }];
    // An empty one does not tell what is to come.
    const dtype = isSequence(datum)
      ? (someItem(datum)?.dtype ?? body.values[ids[i] ?? -1]?.dtype)
      : undefined;
    return dtype && dtype !== 'string' ? [{ dtype, container: 'sequence', shape: [] }] : [];
  });
  return types.length === operands.length ? types : undefined;
}
