// A chain of kernels that runs depth-first: rows are computed when the next stage is about to read them. Every stage
// is a kernel like any other and is called for the work units of a few rows; the tensors between stages have a base
// that moves, so that row y lies at base + y · rowBytes while it is one of those kept. When a ring is full, the rows
// that are still needed move to its start.

import type { SimdClass } from '../../../options.ts';
import type { ChainSpec, ChainStage } from '../../../select/spec/chain.ts';
import type { KernelNeeds, KernelSpec } from '../../../select/spec/kernel.ts';
import type { KernelContext, Template } from '../../context.ts';
import type { FunctionBuilder, FunctionHandle, GlobalHandle, Local } from '../../wasm/function.ts';
import { workerScratch } from '../work/scratch.ts';
import { takeIndex } from '../work/units.ts';
import { type ChainPlan, chainPlan, readersOf, stageAt, stripsOf } from './plan.ts';
import { lower, pushEndOfReads, pushFirstRead } from './rows.ts';

/** `templateOf` is the table of templates, of which this is one. */
export function chainTemplate(templateOf: (spec: KernelSpec) => Template): Template<ChainSpec> {
  const planOf = (spec: ChainSpec, simd: SimdClass, threads: number): ChainPlan =>
    chainPlan(spec, ({ kernel }) => templateOf(kernel).needs(kernel, simd, threads), threads);
  return {
    needs: (spec, simd, threads) => {
      const { units, scratchBytes } = planOf(spec, simd, threads);
      return { units, ordered: true, ...workerScratch(scratchBytes), scratchShared: 0, phases: [units] };
    },
    emit: (k, spec) => {
      const plan = planOf(spec, k.target.simd, k.target.threads);
      new ChainEmitter(k, spec, plan, templateOf).emit();
    },
  };
}

/** How far a stage is: of the instance, so every worker has its own. */
interface StageState {
  /** rows done, and the first one that its rings hold */
  readonly done: GlobalHandle;
  readonly origin: GlobalHandle;
}

/** A stage in the generated code. */
interface Running extends StageState {
  readonly stage: ChainStage;
  /** (row, worker): computes all rows before this one */
  readonly produce: FunctionHandle;
}

/** The function of a stage that is being written. */
interface Producing {
  readonly f: FunctionBuilder;
  readonly at: number;
  readonly stage: ChainStage;
  readonly state: StageState;
  readonly worker: Local;
}

class ChainEmitter {
  private readonly k: KernelContext;
  private readonly spec: ChainSpec;
  private readonly plan: ChainPlan;
  private readonly templateOf: (spec: KernelSpec) => Template;
  /** per ring: address of its row 0, whether that is kept or not */
  private readonly bases: readonly GlobalHandle[];
  private readonly image: GlobalHandle;
  private readonly running: readonly Running[];

  constructor(
    k: KernelContext,
    spec: ChainSpec,
    plan: ChainPlan,
    templateOf: (spec: KernelSpec) => Template,
  ) {
    const { module } = k;
    this.k = k;
    this.spec = spec;
    this.plan = plan;
    this.templateOf = templateOf;
    this.bases = spec.rings.map(() => module.defineGlobal('i32'));
    this.image = module.defineGlobal('i32');
    const states = spec.stages.map(() => ({
      done: module.defineGlobal('i32'),
      origin: module.defineGlobal('i32'),
    }));
    const running: Running[] = [];
    states.forEach(({ done, origin }, at) => {
      const stage = stageAt(spec, at);
      const produce = this.defineProduce(at, stage, running, states);
      running.push({ stage, done, origin, produce });
    });
    this.running = running;
  }

  /** The kernel's own function: units [begin, end) of the last stage's rows. */
  emit(): void {
    const { f, begin, end, worker, module } = this.k;
    const last = this.running.at(-1);
    if (!last) throw new Error(`the chain ${this.k.name} has no stages`);
    const strips = stripsOf(last.stage);
    // A share of the units comes in pieces: each but the first goes on where the one before it stopped.
    const stopped = module.defineGlobal('i32');
    const unit = f.local('i32', 'unit');
    const strip = f.local('i32', 'strip');
    const image = f.local('i32', 'image');
    const fresh = f.local('i32', 'fresh');
    f.get(begin);
    f.globalGet(stopped);
    f.op('i32.ne');
    f.set(fresh);
    for (let share = 0; share < this.k.target.threads; share++) {
      f.get(begin);
      f.i32(Math.floor((this.plan.units * share) / this.k.target.threads));
      f.op('i32.eq');
      f.get(fresh);
      f.op('i32.or');
      f.set(fresh);
    }
    f.range(unit, begin, end, 1, () => {
      f.assign(image, unit);
      takeIndex(f, image, strips, strip);
      f.get(strip);
      f.op('i32.eqz');
      f.get(fresh);
      f.op('i32.or');
      f.if(() => this.enter(strip, image));
      f.assign(fresh, 0);
      f.get(strip);
      f.i32(1);
      f.op('i32.add');
      f.scale(last.stage.unitRows);
      f.get(worker);
      f.call(last.produce);
      this.finishImage(strip, strips);
    });
    f.get(end);
    f.globalSet(stopped);
  }

  /** Rows behind the last ones that the chain itself reads: of the last stages first, as in the plan. */
  private finishImage(strip: Local, strips: number): void {
    const { f, worker } = this.k;
    const complete = this.running.filter(({ stage }) => stage.complete).reverse();
    if (complete.length === 0) return;
    f.get(strip);
    f.i32(strips - 1);
    f.op('i32.eq');
    f.if(() => {
      for (const { stage, produce } of complete) {
        f.i32(stage.rows);
        f.get(worker);
        f.call(produce);
      }
    });
  }

  /** Starts at a strip of an image with empty rings: the last stage there, the others at the first row it needs. */
  private enter(strip: Local, image: Local): void {
    const { f } = this.k;
    f.get(image);
    f.globalSet(this.image);
    for (let at = this.running.length - 1; at >= 0; at--) this.start(at, strip);
    this.spec.rings.forEach(({ stage, rowBytes }, ring) => {
      const base = this.bases[ring];
      const origin = this.running[stage]?.origin;
      if (!base || !origin) throw new Error(`ring ${ring} has no stage`);
      this.pushRing(f, ring, this.k.worker);
      f.globalGet(origin);
      f.scale(rowBytes);
      f.op('i32.sub');
      f.globalSet(base);
    });
  }

  /** done, origin ← the stage's first row for this strip of the last one: startRows. */
  private start(at: number, strip: Local): void {
    const { f } = this.k;
    const running = this.running[at];
    if (!running) throw new Error(`no stage ${at}`);
    const { stage, done, origin } = running;
    f.scope(() => {
      const row = f.local('i32', 'row');
      if (at === this.running.length - 1) {
        f.get(strip);
        f.scale(stage.unitRows);
      } else f.i32(stage.rows);
      f.set(row);
      for (const { stage: reader, read } of readersOf(this.spec, at)) {
        const readerStart = this.running[reader]?.done;
        if (!readerStart) throw new Error(`no stage ${reader}`);
        lower(f, row, () => pushFirstRead(f, read, stage.rows, () => f.globalGet(readerStart)));
        lower(f, row, () => pushEndOfReads(f, read, stage.rows, () => f.globalGet(readerStart)));
      }
      f.get(row);
      f.get(row);
      f.i32(stage.unitRows);
      f.op('i32.rem_u');
      f.op('i32.sub');
      f.tee(row);
      f.globalSet(done);
      f.get(row);
      f.globalSet(origin);
    });
  }

  /** Pushes the address of a ring's first byte. */
  private pushRing(f: FunctionBuilder, ring: number, worker: Local): void {
    const { scratch } = this.k;
    if (!scratch) throw new Error(`${this.k.name} needs scratch and was given none`);
    this.k.address(scratch, this.plan.ringOffsets[ring] ?? 0, f);
    f.get(worker);
    f.scale(workerScratch(this.plan.scratchBytes).scratchPerWorker);
    f.op('i32.add');
  }

  private defineKernel(at: number, stage: ChainStage): FunctionHandle {
    const { module, name } = this.k;
    const needs = this.plan.needs[at];
    if (!needs) throw new Error(`stage ${at} has no needs`);
    // Its scratch lies behind the rings, in the worker's part of the chain's.
    const inside: KernelNeeds = {
      ...needs,
      scratchShared: this.plan.ringBytes,
      ...workerScratch(this.plan.scratchBytes),
    };
    const options = { params: ['i32', 'i32', 'i32'], paramNames: ['begin', 'end', 'worker'] } as const;
    const functionName = `${name}/${at} ${stage.kernel.kind}`;
    return module.define(functionName, options, f => {
      const k = this.k.within(f, functionName, this.bases);
      this.templateOf(stage.kernel).emit(k, stage.kernel, 0, inside);
    });
  }

  /** Stages before this one are in `earlier`, the state of all in `states`. */
  private defineProduce(
    at: number,
    stage: ChainStage,
    earlier: readonly Running[],
    states: readonly StageState[],
  ): FunctionHandle {
    const { module, name } = this.k;
    const kernel = this.defineKernel(at, stage);
    const state = states[at];
    if (!state) throw new Error(`stage ${at} has no state`);
    const options = { params: ['i32', 'i32'], paramNames: ['target', 'worker'] } as const;
    return module.define(`${name}/${at} rows`, options, f => {
      const [target, worker] = f.params;
      if (!target || !worker) throw new Error('expected the parameters target and worker');
      const producing = { f, at, stage, state, worker };
      const end = f.local('i32', 'end');
      lower(f, target, () => f.i32(stage.rows));
      f.block(out =>
        f.loop(again => {
          f.globalGet(state.done);
          f.get(target);
          f.op('i32.ge_s');
          f.brIf(out);
          f.globalGet(state.done);
          f.i32(stage.unitRows);
          f.op('i32.add');
          f.set(end);
          lower(f, end, () => f.i32(stage.rows));
          for (const read of stage.reads) {
            const source = earlier[read.stage];
            if (!source) throw new Error(`stage ${at} reads stage ${read.stage}, which is not before it`);
            pushEndOfReads(f, read, source.stage.rows, () => f.get(end));
            f.get(worker);
            f.call(source.produce);
          }
          this.makeRoom(producing, end, states);
          this.callKernel(producing, kernel);
          f.get(end);
          f.globalSet(state.done);
          f.br(again);
        }),
      );
    });
  }

  /** Calls the kernel for its units of the strip that begins at row `done`: in every group, a block after the other. */
  private callKernel({ f, at, stage, state, worker }: Producing, kernel: FunctionHandle): void {
    const blocks = this.plan.blocks[at] ?? 1;
    f.scope(() => {
      const group = f.local('i32', 'group');
      const unit = f.local('i32', 'unit');
      f.range(group, 0, stage.groups, 1, () => {
        f.globalGet(this.image);
        f.scale(stage.groups);
        f.get(group);
        f.op('i32.add');
        f.scale(stripsOf(stage));
        f.globalGet(state.done);
        f.i32(stage.unitRows);
        f.op('i32.div_u');
        f.op('i32.add');
        f.scale(blocks);
        f.tee(unit);
        f.get(unit);
        f.i32(blocks);
        f.op('i32.add');
        f.get(worker);
        f.call(kernel);
      });
    });
  }

  /** Where the rings do not reach up to row `end`, the rows still needed move to their start. */
  private makeRoom(producing: Producing, end: Local, states: readonly StageState[]): void {
    const { f, at, state, stage } = producing;
    const rings = this.spec.rings.flatMap((ring, index) => (ring.stage === at ? [{ ...ring, index }] : []));
    if (rings.length === 0) return;
    const capacity = this.plan.capacities[at] ?? 0;
    const beyond = (first: () => void): void => {
      f.get(end);
      first();
      f.op('i32.sub');
      f.i32(capacity);
      f.op('i32.gt_s');
    };
    beyond(() => f.globalGet(state.origin));
    f.if(() =>
      f.scope(() => {
        const needed = f.local('i32', 'needed');
        f.globalGet(state.done);
        f.set(needed);
        for (const { stage: reader, read } of readersOf(this.spec, at)) {
          const readerDone = states[reader]?.done;
          if (!readerDone) throw new Error(`no stage ${reader}`);
          lower(f, needed, () => pushFirstRead(f, read, stage.rows, () => f.globalGet(readerDone)));
        }
        // More rows than there is room for would mean that the plan was made for other shares.
        beyond(() => f.get(needed));
        f.if(() => {
          f.i32(-1);
          f.memory('i32.load');
          f.drop();
        });
        for (const { index, rowBytes } of rings) this.moveRows(producing, { index, rowBytes }, needed);
        f.get(needed);
        f.globalSet(state.origin);
      }),
    );
  }

  /** Rows [needed, done) go to the start of the ring. */
  private moveRows(
    { f, state, worker }: Producing,
    { index: ring, rowBytes }: { readonly index: number; readonly rowBytes: number },
    needed: Local,
  ): void {
    const base = this.bases[ring];
    if (!base) throw new Error(`no ring ${ring}`);
    this.pushRing(f, ring, worker);
    f.globalGet(base);
    f.get(needed);
    f.scale(rowBytes);
    f.op('i32.add');
    f.globalGet(state.done);
    f.get(needed);
    f.op('i32.sub');
    f.scale(rowBytes);
    f.op('memory.copy');
    this.pushRing(f, ring, worker);
    f.get(needed);
    f.scale(rowBytes);
    f.op('i32.sub');
    f.globalSet(base);
  }
}
