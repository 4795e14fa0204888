// The compiler's steps, one after the other: each is named, timed, told of while it runs and blamed for what it breaks,
// and what a pass makes is verified in its name.

import { NodeError } from '../ir/attributes.ts';
import { isGiven } from '../ir/fault.ts';
import type { Graph } from '../ir/types.ts';
import { verify } from '../ir/verify.ts';
import type { Pass, PassContext } from '../passes/pass.ts';
import type { CompileStep } from '../runtime/program.ts';

/** What steps are run with. */
export interface StepPorts {
  /** milliseconds */
  readonly clock: () => number;
  /** asked between steps and inside searches */
  readonly cancelled?: () => boolean;
  /** told before each step, with how many are done of how many */
  readonly progress?: (what: string, done: number, of: number) => void;
}

/** The caller asked to stop. */
class CompileCancelled extends Error {
  override readonly name = 'CompileCancelled';
}

/** The steps of one compilation of a graph, as far as they are done. */
export class CompileSteps {
  readonly done: CompileStep[] = [];
  readonly #ports: StepPorts;
  readonly #given: Graph;
  readonly #count: number;

  /** `count`: how many steps there will be. */
  constructor(ports: StepPorts, given: Graph, count: number) {
    this.#ports = ports;
    this.#given = given;
    this.#count = count;
  }

  /** Runs a step; `count` says how large its result is, for who looks at the steps. */
  run<T>(name: string, step: () => T, count: (result: T) => number): T {
    const { clock, cancelled, progress } = this.#ports;
    if (cancelled?.()) throw new CompileCancelled(`cancelled before '${name}'`);
    progress?.(name, this.done.length, this.#count);
    const start = clock();
    const result = this.#blamed(name, step);
    this.done.push({ name, durationMs: clock() - start, count: count(result) });
    return result;
  }

  /** Runs passes in their order, each a step. */
  runPasses(graph: Graph, passes: readonly Pass[], context: PassContext): Graph {
    return passes.reduce((before, pass) => {
      const after = this.run(
        pass.name,
        () => pass.run(before, context),
        result => result.nodes.length,
      );
      // What a pass leaves as it was has been looked over before.
      if (after !== before) verify(after, pass.name);
      return after;
    }, graph);
  }

  /** A node that contradicts its operator, and did not in the graph as given, is a bug of ours. */
  #blamed<T>(name: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof NodeError) || isGiven(error, this.#given)) throw error;
      throw new Error(`in step '${name}', on a node that passes made: ${error.message}`, { cause: error });
    }
  }
}
