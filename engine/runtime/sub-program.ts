// A program inside a step of another one: a body compiled for the extents it meets, on memory of its own. Runs on the
// thread of the step.

import type { ReadBytes } from '../ir/constants/reading.ts';
import { sharesMemory } from '../options.ts';
import type { TurnResults, Turns } from '../reference/control/turns.ts';
import type { Datum } from '../reference/datum.ts';
import type { BodyRunner } from '../reference/interpreter.ts';
import type { RandomStreams } from '../reference/random.ts';
import { capacityFor, MemoryPool } from './memory.ts';
import type { OperandType } from './open-axes.ts';
import type { Program, ProgramStep } from './program.ts';
import { referenceCall } from './reference-step.ts';
import { RunData } from './run-data.ts';
import { InPlaceTurns } from './turns.ts';
import { instantiateKernels } from './worker.ts';

/** The run was cancelled while a step ran a program of its own. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** What the program shares with the one around it. */
export interface SubProgramPorts {
  readonly read: ReadBytes;
  /** shared; word 0 is not 0 when the run is to end */
  readonly cancel: Int32Array;
  readonly bodies: BodyRunner;
  readonly random: RandomStreams;
}

/** Made ready once, run many times. */
export class SubProgram {
  /** nominal operations of one run, without those of bodies inside of it */
  readonly flops: number;
  readonly #program: Program;
  readonly #data: RunData;
  readonly #steps: readonly (() => void)[];
  readonly #cancel: Int32Array;
  /** outputs that are the body's; the others are what it captured, kept for further turns */
  readonly #results: number;
  /** found when first asked for: turns of a body are all of one kind */
  #inPlace: { readonly turns: InPlaceTurns | undefined } | undefined;

  /**
   * The program's first `results` outputs are the body's. Takes memory and loads weights. Throws a MemoryLimitError when they
   * do not fit.
   */
  constructor(program: Program, results: number, { read, cancel, bodies, random }: SubProgramPorts) {
    this.#program = program;
    this.#results = results;
    this.flops = program.steps.reduce((sum, step) => sum + step.flops, 0);
    this.#cancel = cancel;
    const pool = new MemoryPool(capacityFor([program.weightsBytes, program.arenaBytes]), {
      shared: sharesMemory(program.options),
    });
    const weights = pool.take('weights', program.weightsBytes).offset;
    const arena = pool.take('arena', program.arenaBytes).offset;
    const { memory } = pool;
    for (const { offset, bytes, load } of program.weights) {
      load(new Uint8Array(memory.buffer, weights + offset, bytes));
    }
    const module = new WebAssembly.Module(program.module);
    const kernel = instantiateKernels({ module, memory, arenaOffset: arena, weightsOffset: weights });
    this.#data = new RunData(memory.buffer, space => (space === 'arena' ? arena : weights));
    this.#steps = program.steps.map((step: ProgramStep) => {
      if (step.kind === 'reference') return referenceCall(step, this.#data, read, random, bodies);
      const calls = step.phases.map(({ function: name, units }) => ({ call: kernel(name), units }));
      return () => {
        for (const { call, units } of calls) call(0, units, 0);
      };
    });
  }

  /** Outputs of the body in its order. Throws Interrupted when cancelled. */
  run(inputs: readonly Datum[]): Datum[] {
    this.#data.clear();
    this.#write(inputs);
    this.#step();
    return this.#program.outputs.slice(0, this.#results).map(view => this.#data.read(view));
  }

  /**
   * Turns of the body, given the inputs of the first one, for as long as the program `canHold` those of the next.
   * Undefined where they cannot stay in memory. Throws Interrupted when cancelled.
   */
  turns(
    turns: Turns,
    inputs: readonly Datum[],
    canHold: (inputs: readonly OperandType[]) => boolean,
  ): TurnResults | undefined {
    this.#inPlace ??= { turns: InPlaceTurns.of(this.#program, this.#data, this.#results, turns) };
    const inPlace = this.#inPlace.turns;
    if (!inPlace) return undefined;
    this.#data.clear();
    this.#write(inputs);
    return inPlace.run(turns, { turn: () => this.#step(), canHold });
  }

  #write(inputs: readonly Datum[]): void {
    this.#program.inputs.forEach((view, i) => {
      const datum = inputs[i];
      if (!datum) throw new Error(`input ${view.name} is not given`);
      this.#data.write(view, datum);
    });
  }

  #step(): void {
    for (const step of this.#steps) {
      if (Atomics.load(this.#cancel, 0) !== 0) throw new Interrupted('cancelled inside a step');
      step();
    }
  }
}
