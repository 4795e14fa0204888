// A program ready to run: its memory, weights, workers and inputs. Weights are loaded straight to their place;
// inputs are written before every run, because the plan reuses their memory once they are read.

import type { ReadBytes } from '../ir/constants/reading.ts';
import { subgraphsOf } from '../ir/graph.ts';
import type { Shape, Tensor, ValueId } from '../ir/types.ts';
import { sharesMemory } from '../options.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { BodyRunner } from '../reference/interpreter.ts';
import { RandomStreams } from '../reference/random.ts';
import { type BodyCompiler, CompiledBodies } from './bodies.ts';
import type { Control } from './control.ts';
import { controlBytes } from './control.ts';
import { type Stage, sharesWork, stagesOf, walk } from './lock-step.ts';
import { type Allocator, capacityFor, MemoryPool, type MemoryUsage, type Region } from './memory.ts';
import type { Program, ReferenceStep } from './program.ts';
import { referenceCall } from './reference-step.ts';
import { ResultTrace } from './result-trace.ts';
import { RunData } from './run-data.ts';
import { Sanitizer } from './sanitizer.ts';
import { Interrupted } from './sub-program.ts';
import { bytesFor } from './tensor-access.ts';
import { controlOf, explained, instantiateKernels, type WorkerSetup } from './worker.ts';

/** Threads of the machine, beyond the caller's own. */
export interface Threads {
  close(): void;
}

/** What a session needs of the machine, and how it is to run. */
export interface SessionPorts {
  /** ns, from any start */
  readonly clock: () => number;
  /** shared memory; word 0 is not 0 when the current work is to end */
  readonly cancel: Int32Array;
  /** makes the program's module; absent: functions are compiled as they are called */
  readonly compileModule?: (program: Program) => WebAssembly.Module;
  /** starts workers 1 … threads − 1, each running `serveRuns`, and resolves when all are ready */
  readonly startThreads: (setup: WorkerSetup) => Promise<Threads>;
  /** constants inside nodes that run on the reference interpreter */
  readonly read: ReadBytes;
  readonly memoryLimitBytes?: number;
  /** makes programs of bodies; absent: the interpreter runs them */
  readonly bodies?: BodyCompiler;
  /** look at the memory after every step, and fill what is dead; runs take several times as long */
  readonly sanitize?: boolean;
  /** keep a number for everything that steps write */
  readonly trace?: boolean;
}

/** Of one run, in ns. */
export interface RunTimes {
  /** from before the inputs are written to the end of the last step */
  readonly totalNs: number;
  /** one per step */
  readonly stepNs: Float64Array;
}

/** What the bodies of a step (branches, loops, scans) did in one run. */
export interface BodyWork {
  /** how often the step's own bodies ran */
  readonly turns: number;
  /** nominal operations of all of them, bodies inside of bodies included */
  readonly flops: number;
}

/** Made by `create`; holds memory and threads until `close`. */
export class Session {
  readonly program: Program;
  /** what was found, where the ports ask for it */
  readonly sanitizer: Sanitizer | undefined;
  /** what steps wrote, where the ports ask for it */
  readonly trace: ResultTrace | undefined;
  readonly #ports: SessionPorts;
  readonly #pool: Allocator;
  readonly #setup: WorkerSetup;
  readonly #regions: readonly Region[];
  readonly #threads: Threads;
  readonly #control: Control;
  readonly #execute: (stage: Stage, begin: number, end: number) => void;
  readonly #data: RunData;
  readonly #random = new RandomStreams();
  readonly #bodyWork = new Map<number, BodyWork>();
  /** writes one input each */
  #inputs: readonly (() => void)[] = [];
  #failed = false;

  private constructor(
    program: Program,
    ports: SessionPorts,
    memory: { pool: Allocator; regions: readonly Region[] },
    setup: WorkerSetup,
    threads: Threads,
  ) {
    this.program = program;
    this.#ports = ports;
    this.#pool = memory.pool;
    this.#regions = memory.regions;
    this.#setup = setup;
    this.#threads = threads;
    this.#control = controlOf(setup);
    this.#data = new RunData(memory.pool.memory.buffer, space =>
      space === 'arena' ? setup.arenaOffset : setup.weightsOffset,
    );
    this.sanitizer = ports.sanitize
      ? new Sanitizer(program, setup.memory.buffer, setup.arenaOffset)
      : undefined;
    this.trace = ports.trace ? new ResultTrace(program, setup.memory.buffer, setup.arenaOffset) : undefined;
    this.#execute = this.#executor();
  }

  /**
   * Takes memory, instantiates, starts threads and loads weights. Throws a MemoryLimitError when it does not fit.
   * The module is compiled and threads start while weights are loaded.
   */
  static async create(program: Program, ports: SessionPorts): Promise<Session> {
    const stages = stagesOf(program.steps, program.options.threads, ports.sanitize || ports.trace);
    const threads = sharesWork(stages) ? program.options.threads : 1;
    const controlled = controlBytes(program.steps.length, threads);
    const sizes = [controlled, program.weightsBytes, program.arenaBytes] as const;
    const pool = new MemoryPool(capacityFor(sizes), {
      shared: sharesMemory(program.options),
      ...(ports.memoryLimitBytes !== undefined && { limitBytes: ports.memoryLimitBytes }),
    });
    const control = pool.take('control', sizes[0]);
    const weights = pool.take('weights', sizes[1]);
    const arena = pool.take('arena', sizes[2]);
    const { compileModule = ({ module }) => new WebAssembly.Module(module) } = ports;
    const setup: WorkerSetup = {
      memory: pool.memory,
      module: compileModule(program),
      controlOffset: control.offset,
      arenaOffset: arena.offset,
      weightsOffset: weights.offset,
      stepCount: program.steps.length,
      stages,
      threads,
      cancel: ports.cancel,
    };
    const starting = threads > 1 ? ports.startThreads(setup) : Promise.resolve({ close() {} });
    try {
      for (const segment of program.weights) {
        if (Atomics.load(ports.cancel, 0) !== 0) throw new Error('cancelled while loading weights');
        segment.load(new Uint8Array(pool.memory.buffer, weights.offset + segment.offset, segment.bytes));
      }
      const regions = [control, weights, arena];
      return new Session(program, ports, { pool, regions }, setup, await starting);
    } catch (error) {
      // Of the two that may have failed, what happened first is told.
      await starting.then(others => others.close()).catch(() => {});
      throw error;
    }
  }

  /** Sets the inputs of all runs to come, in the order of program.inputs and of their types and shapes. */
  setInputs(data: readonly Datum[]): void {
    this.#inputs = this.program.inputs.map((view, index) => {
      const datum = data[index];
      if (!datum) throw new Error(`input ${view.name} is not given`);
      if (view.space === 'host' || !isTensor(datum)) return () => this.#data.write(view, datum);
      const stored = bytesFor(view, datum);
      return () => this.#data.store(view, stored);
    });
  }

  /** Runs once; undefined when cancelled. `stepped` hears of every step as it ends. Throws when a kernel fails. */
  run(stepped?: (step: number) => void): RunTimes | undefined {
    if (this.#failed) throw new Error('this session failed in an earlier run');
    const { clock, cancel } = this.#ports;
    const { threads, stages } = this.#setup;
    const { times } = this.#control;
    const start = clock();
    this.#random.restart();
    this.sanitizer?.begin();
    this.trace?.begin();
    this.#writeInputs();
    this.sanitizer?.inputsWritten();
    times[0] = clock();
    try {
      const done = walk(stages, {
        worker: 0,
        threads,
        control: this.#control,
        cancel,
        execute: this.#execute,
        stepped: step => {
          times[step + 1] = clock();
          stepped?.(step);
        },
      });
      if (!done) return undefined;
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      this.#failed = true;
      throw explained(error);
    }
    const stepNs = times.slice(1).map((end, step) => end - (times[step] ?? end));
    return { totalNs: (times.at(-1) ?? start) - start, stepNs };
  }

  /** Output `index` of the last complete run, copied. */
  readData(index: number): Datum {
    const view = this.program.outputs[index];
    if (!view) throw new Error(`the program has no output ${index}`);
    return this.#data.read(view);
  }

  /** The same where it is a tensor. Throws otherwise. */
  readOutput(index: number): Tensor {
    const datum = this.readData(index);
    if (isTensor(datum)) return datum;
    throw new Error(`output ${index} is a ${datum.container}, not a tensor`);
  }

  /** Shapes in the last run of what was compiled for a capacity, or is held outside memory. */
  extents(): ReadonlyMap<ValueId, Shape> {
    return this.#data.extents();
  }

  /** Per step with bodies: what they did when it last ran. */
  bodyWork(): ReadonlyMap<number, BodyWork> {
    return this.#bodyWork;
  }

  /** The bytes of the weights space, packed as kernels read them. */
  weights(): Uint8Array {
    return new Uint8Array(this.#setup.memory.buffer, this.#setup.weightsOffset, this.program.weightsBytes);
  }

  usage(): MemoryUsage {
    return this.#pool.usage();
  }

  close(): void {
    this.#control.exit();
    this.#threads.close();
    for (const region of this.#regions) this.#pool.release(region);
  }

  #writeInputs(): void {
    this.#data.clear();
    this.program.inputs.forEach((view, index) => {
      const write = this.#inputs[index];
      if (!write) throw new Error(`input ${view.name} is not set`);
      write();
    });
  }

  /** A step has ended and none runs. */
  #inspect(step: number): void {
    this.trace?.stepped(step);
    this.sanitizer?.stepped(step);
  }

  /** What runs a step without a kernel, and counts what its bodies do. */
  #referenceCall(step: ReferenceStep, bodies: CompiledBodies | undefined): () => void {
    const own = new Set(subgraphsOf(step.node));
    let turns = 0;
    const counting: BodyRunner | undefined = bodies && {
      run(body, inputs, outer) {
        if (own.has(body)) turns++;
        return bodies.run(body, inputs, outer);
      },
      turns(body, given, outer) {
        const results = bodies.turns(body, given, outer);
        if (own.has(body)) turns += results?.turns ?? 0;
        return results;
      },
    };
    const call = referenceCall(step, this.#data, this.#ports.read, this.#random, counting);
    if (!bodies || own.size === 0) return call;
    return () => {
      const before = bodies.flops;
      turns = 0;
      call();
      this.#bodyWork.set(step.index, { turns, flops: bodies.flops - before });
    };
  }

  /** Worker 0 runs kernels and, on the same memory, the steps that have none yet. */
  #executor(): (stage: Stage, begin: number, end: number) => void {
    const kernel = instantiateKernels(this.#setup);
    const { bodies: compiler, read, cancel } = this.#ports;
    const bodies = compiler && new CompiledBodies(compiler, { read, cancel, random: this.#random });
    const calls = this.#setup.stages.map((stage): ((begin: number, end: number) => void) => {
      if (stage.inspects) return () => this.#inspect(stage.step);
      const step = this.program.steps[stage.step];
      if (step?.kind === 'reference') return this.#referenceCall(step, bodies);
      if (stage.function === undefined) return () => {};
      const call = kernel(stage.function);
      return (begin, end) => call(begin, end, 0);
    });
    const positions = new Map(this.#setup.stages.map((stage, index) => [stage, calls[index]]));
    return (stage, begin, end) => positions.get(stage)?.(begin, end);
  }
}
