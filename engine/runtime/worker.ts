// What a worker of a session is given, and how it executes stages. Worker 0 is the thread that owns the session;
// the others spend their life in `serveRuns`.

import { Control, WorkerFailure } from './control.ts';
import { computeShares, type Stage } from './lock-step.ts';

/** Everything a further worker needs; plain data and shared objects, so that it can be sent to a thread. */
export interface WorkerSetup {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** bytes from the start of the memory */
  readonly controlOffset: number;
  readonly arenaOffset: number;
  readonly weightsOffset: number;
  readonly stepCount: number;
  readonly stages: readonly Stage[];
  readonly threads: number;
  readonly cancel: Int32Array;
}

/** An index that the model computed lies outside its axis: the model's own doing. */
export class IndexError extends RangeError {
  override readonly name = 'IndexError';
}
const STRAY = 'expected indices inside the axis, found one outside';

/** Kernels are unreachable nowhere but behind such an index; other workers only tell what the error said. */
export function explained(error: unknown, kernel?: string): unknown {
  if (!(error instanceof Error) || error instanceof IndexError) return error;
  if (kernel !== undefined && error instanceof WebAssembly.RuntimeError && /unreachable/.test(error.message))
    return new IndexError(`"${kernel}": ${STRAY}`);
  return error instanceof WorkerFailure && error.message.endsWith(STRAY)
    ? new IndexError(error.message)
    : error;
}

type KernelFunction = (begin: number, end: number, worker: number) => void;

/** Instantiates the program's module on the session's memory: stage function name → call. */
export function instantiateKernels(
  setup: Pick<WorkerSetup, 'module' | 'memory' | 'arenaOffset' | 'weightsOffset'>,
): (name: string) => KernelFunction {
  // An address above 2 GiB is a negative i32.
  const base = (offset: number) => new WebAssembly.Global({ value: 'i32' }, offset | 0);
  const instance = new WebAssembly.Instance(setup.module, {
    env: { memory: setup.memory, arena: base(setup.arenaOffset), weights: base(setup.weightsOffset) },
  });
  return name => {
    const exported = instance.exports[name];
    if (typeof exported !== 'function') throw new Error(`the module exports no function ${name}`);
    return (begin, end, worker) => {
      try {
        exported(begin, end, worker);
      } catch (error) {
        throw explained(error, name);
      }
    };
  };
}

/** A worker's own view of the words in the session's memory. */
export const controlOf = (setup: WorkerSetup): Control =>
  new Control(setup.memory.buffer, setup.controlOffset, setup.stepCount, setup.threads);

/** Computes share after share until the session ends. `ready` is called before the first wait. */
export function serveRuns(setup: WorkerSetup, worker: number, ready: () => void): void {
  const control = controlOf(setup);
  try {
    const kernel = instantiateKernels(setup);
    const functions = new Map(
      setup.stages
        .flatMap(stage => (stage.shared && stage.function ? [stage.function] : []))
        .map(name => [name, kernel(name)]),
    );
    const execute = (stage: Stage, begin: number, end: number) => {
      functions.get(stage.function ?? '')?.(begin, end, worker);
    };
    ready();
    const ports = { worker, threads: setup.threads, control, cancel: setup.cancel, execute };
    let open = control.awaitStage(0);
    while (open !== undefined) {
      const stage = setup.stages[open.stage];
      if (stage) computeShares(stage, open, ports);
      open = control.awaitStage(open.sequence);
    }
  } catch (error) {
    control.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
