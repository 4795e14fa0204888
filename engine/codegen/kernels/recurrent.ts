// Recurrent layers: for every direction and batch entry a loop over the steps, in each a matrix times a state vector,
// columns by columns of all products together, and the cell's expression on the sums while they are in registers.
// States lie in scratch, padded to whole columns; what is multiplied and replaced in the same stage exists twice.

import type { Access, KernelNeeds, RecurrentSpec, RecurrentStage } from '../../select/spec.ts';
import type { KernelContext, Template } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { ExpressionEmitter } from '../expression.ts';
import { loadLanes, type Place, storeLanes } from '../load-store.ts';
import type { Value, Vectors } from '../vector.ts';
import type { Local, Operand32 } from '../wasm/function.ts';
import { limitTo, takeIndex } from './units.ts';

/** Elements of the source multiplied per round of the inner loop. */
const UNROLL = 4;

const padded = ({ hidden, columns }: RecurrentSpec): number => Math.ceil(hidden / columns) * columns;

/** Vectors in scratch: every state, then a second one of each that a stage multiplies and replaces. */
const doubled = (spec: RecurrentSpec): number[] => [
  ...new Set(
    spec.stages.filter(({ source, targets }) => targets.includes(source)).map(({ source }) => source),
  ),
];

const vectorsInScratch = (spec: RecurrentSpec): number => spec.states.length + doubled(spec).length;

export const recurrent: Template<RecurrentSpec> = {
  needs: (spec): KernelNeeds => {
    const units = spec.reverse.length * spec.batch;
    const scratchPerWorker = Math.ceil((4 * padded(spec) * vectorsInScratch(spec)) / 64) * 64;
    return { units, scratchPerWorker, scratchShared: 0, phases: [units] };
  },
  emit(k, spec, _phase, needs) {
    const { f } = k;
    const unit = f.local('i32', 'unit');
    const emitter = new Emitter(k, spec, needs);
    f.range(unit, k.begin, k.end, 1, () => emitter.unit(unit));
  },
};

/** A block of neighbouring hidden elements. */
interface Block {
  readonly stage: RecurrentStage;
  /** address of the block's weights */
  readonly weights: Local;
  /** bytes from the first hidden element to the block */
  readonly bytes: Local;
  /** of its columns, how many exist */
  readonly count: number;
  /** the vector that takes a state's new elements */
  readonly target: (state: number) => Local;
}

class Emitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly spec: RecurrentSpec;
  private readonly scratch: Local;
  private readonly direction: Local;
  private readonly batch: Local;
  private readonly time: Local;
  /** accesses: reads, then write */
  private readonly cursor: Cursor;
  /** one address per vector in scratch */
  private readonly vectors: readonly Local[];

  constructor(k: KernelContext, spec: RecurrentSpec, needs: KernelNeeds) {
    const { f } = k;
    this.k = k;
    this.v = k.vectors();
    this.spec = spec;
    this.scratch = f.local('i32', 'scratch');
    this.direction = f.local('i32', 'direction');
    this.batch = f.local('i32', 'batch');
    this.time = f.local('i32', 'time');
    this.cursor = new Cursor(k, [...spec.reads, ...(spec.write ? [spec.write] : [])]);
    this.vectors = f.locals(vectorsInScratch(spec), 'i32', 'state');
    if (!k.scratch) throw new Error(`${k.name} needs scratch and was given none`);
    k.address(k.scratch, needs.scratchShared);
    f.get(k.worker);
    f.scale(needs.scratchPerWorker);
    f.op('i32.add');
    f.set(this.scratch);
  }

  /** All steps of one direction of one batch entry. */
  unit(unit: Local): void {
    const { spec } = this;
    const { f } = this.k;
    f.get(unit);
    f.set(this.direction);
    takeIndex(f, this.direction, spec.batch, this.batch);
    this.vectors.forEach((vector, i) => {
      f.get(this.scratch);
      f.i32(4 * padded(spec) * i);
      f.op('i32.add');
      f.set(vector);
    });
    spec.states.forEach((_, state) => {
      this.begin(state);
    });
    f.scope(() => {
      const step = f.local('i32', 'step');
      const length = this.length();
      f.range(step, 0, length, 1, () => {
        this.findTime(step, length);
        for (const stage of spec.stages) this.stage(stage);
      });
      if (typeof length === 'object') this.clearFrom(length);
    });
    spec.states.forEach((_, state) => {
      this.finish(state);
    });
  }

  /** Steps of the batch entry, between 0 and all. */
  private length(): Operand32 {
    const { f } = this.k;
    const { lengths, steps } = this.spec;
    if (!lengths) return steps;
    const length = f.local('i32', 'length');
    f.scope(() => {
      const cursor = new Cursor(this.k, [lengths]);
      cursor.seek([this.batch]);
      const scalar = this.k.vectors(1);
      f.get(scalar.part(loadLanes(scalar, cursor.place(0, [], -1), 1), 0));
    });
    f.set(length);
    limitTo(f, length, steps);
    return length;
  }

  /** Results behind the last step are 0. */
  private clearFrom(length: Local): void {
    const { f } = this.k;
    const { write, steps, hidden } = this.spec;
    if (!write) return;
    const { lanes } = this.v;
    f.range(f.local('i32', 'cleared'), length, steps, 1, () => {
      f.scope(() => {
        const cursor = new Cursor(this.k, [write]);
        cursor.seek([length, this.direction, this.batch]);
        const zero = (count: number): void =>
          storeLanes(this.v, cursor.place(0, [], 3), this.v.f32(0), count);
        f.range(f.local('i32', 'i'), 0, hidden, lanes, () => {
          zero(lanes);
          cursor.advance(3, lanes);
        });
        if (hidden % lanes) zero(hidden % lanes);
      });
      f.increment(length, 1);
    });
  }

  /** time ← step, or counted from the end */
  private findTime(step: Local, length: Operand32): void {
    const { f } = this.k;
    const { reverse } = this.spec;
    const backwards = (): void => {
      f.operand(length);
      f.i32(1);
      f.op('i32.sub');
      f.get(step);
      f.op('i32.sub');
    };
    if (reverse.every(value => value === reverse[0])) {
      if (reverse[0]) backwards();
      else f.get(step);
    } else {
      // Of two directions the second runs backwards.
      backwards();
      f.get(step);
      f.get(this.direction);
      f.select();
    }
    f.set(this.time);
  }

  private begin(state: number): void {
    this.overState(state, this.spec.states[state]?.initial, (place, pointer, count) => {
      this.v.store(pointer, 0, place ? loadLanes(this.v, place, count) : this.v.f32(0));
    });
  }

  private finish(state: number): void {
    const access = this.spec.states[state]?.final;
    if (!access) return;
    this.overState(state, access, (place, pointer, count) => {
      if (place) storeLanes(this.v, place, this.v.load(pointer, 0), count);
    });
  }

  /** Goes along a state vector and the memory it comes from or goes to. */
  private overState(
    state: number,
    access: Access | undefined,
    body: (place: Place | undefined, pointer: Local, count: number) => void,
  ): void {
    const { f } = this.k;
    const { hidden } = this.spec;
    const { lanes } = this.v;
    f.scope(() => {
      const cursor = access && new Cursor(this.k, [access]);
      cursor?.seek([this.direction, this.batch]);
      const pointer = this.copy(this.vector(state));
      const one = (count: number): void => f.scope(() => body(cursor?.place(0, [], 2), pointer, count));
      f.range(f.local('i32', 'i'), 0, hidden, lanes, () => {
        one(lanes);
        cursor?.advance(2, lanes);
        f.increment(pointer, 4 * lanes);
      });
      if (hidden % lanes) one(hidden % lanes);
    });
  }

  private stage(stage: RecurrentStage): void {
    const { f } = this.k;
    const { spec } = this;
    const { hidden, columns } = spec;
    const second = doubled(spec).indexOf(stage.source);
    const replaced = second >= 0 && stage.targets.includes(stage.source);
    f.scope(() => {
      const weights = this.weightsOf(stage);
      const bytes = f.local('i32', 'bytes');
      f.i32(0);
      f.set(bytes);
      this.cursor.seek([this.time, this.direction, this.batch]);
      const target = (state: number): Local =>
        replaced && state === stage.source ? this.vector(spec.states.length + second) : this.vector(state);
      const block = (count: number): void =>
        f.scope(() => this.block({ stage, weights, bytes, count, target }));
      f.range(f.local('i32', 'block'), 0, hidden, columns, () => {
        block(columns);
        this.cursor.advance(3, columns);
        f.increment(bytes, 4 * columns);
      });
      if (hidden % columns) block(hidden % columns);
    });
    if (replaced) this.exchange(this.vector(stage.source), this.vector(spec.states.length + second));
  }

  /** Address of the direction's packed weights. */
  private weightsOf({ weights, products }: RecurrentStage): Local {
    const { f } = this.k;
    const pointer = f.local('i32', 'weights');
    this.k.address(weights);
    f.get(this.direction);
    f.scale(4 * padded(this.spec) * this.spec.hidden * products);
    f.op('i32.add');
    f.set(pointer);
    return pointer;
  }

  /** All products for some columns, then what the cell makes of them. */
  private block({ stage, weights, bytes, count, target }: Block): void {
    const { f } = this.k;
    const { v } = this;
    const vectors = Math.ceil(count / v.lanes);
    const sums = this.products(stage, weights, vectors);
    const { states } = this.spec;
    const emitter = new ExpressionEmitter(v, stage.expression);
    const places = states.map((_, state) => this.sum(this.vector(state), bytes));
    const targets = stage.targets.map(state => this.sum(target(state), bytes));
    for (let u = 0; u < vectors; u++) {
      const lanes = Math.min(v.lanes, count - u * v.lanes);
      const at = [0, 0, 0, u * v.lanes];
      f.scope(() => {
        const results = emitter.evaluate(input => {
          const product = sums[input]?.[u];
          if (product) return product;
          const state = places[input - stage.products];
          if (state) return v.load(state, 4 * u * v.lanes);
          return loadLanes(v, this.cursor.place(input - stage.products - states.length, at, 3), lanes);
        });
        results.forEach((value, r) => {
          const pointer = targets[r];
          if (pointer) v.store(pointer, 4 * u * v.lanes, value);
          if (stage.targets[r] === 0 && this.spec.write) {
            storeLanes(v, this.cursor.place(this.spec.reads.length, at, 3), value, lanes);
          }
        });
      });
    }
  }

  /** sums[product][vector] = Σ source · weights; leaves the pointer behind the block's weights. */
  private products(stage: RecurrentStage, weights: Local, vectors: number): Value[][] {
    const { f } = this.k;
    const { v } = this;
    const { hidden, columns } = this.spec;
    const sums = Array.from({ length: stage.products }, () =>
      Array.from({ length: vectors }, () => v.fresh('f32', 'sum')),
    );
    for (const sum of sums.flat()) v.fill(sum, 0);
    const perElement = 4 * stage.products * columns;
    const terms = (source: Local, count: number): void => {
      for (let n = 0; n < count; n++) {
        f.scope(() => {
          const element = v.loadSplat(source, 4 * n);
          sums.forEach((list, product) => {
            list.forEach((sum, u) => {
              const offset = n * perElement + 4 * (product * columns + u * v.lanes);
              f.scope(() => v.accumulate(sum, element, v.load(weights, offset)));
            });
          });
        });
      }
      f.increment(source, 4 * count);
      f.increment(weights, perElement * count);
    };
    f.scope(() => {
      const source = this.copy(this.vector(stage.source));
      f.range(f.local('i32', 'k'), 0, hidden, UNROLL, () => terms(source, UNROLL));
      if (hidden % UNROLL) terms(source, hidden % UNROLL);
    });
    return sums;
  }

  private vector(index: number): Local {
    const vector = this.vectors[index];
    if (!vector) throw new Error(`${this.k.name}: no state vector ${index}`);
    return vector;
  }

  private copy(local: Local): Local {
    const copied = this.k.f.local('i32', 'at');
    this.k.f.get(local);
    this.k.f.set(copied);
    return copied;
  }

  private sum(pointer: Local, bytes: Local): Local {
    const { f } = this.k;
    const result = f.local('i32', 'at');
    f.get(pointer);
    f.get(bytes);
    f.op('i32.add');
    f.set(result);
    return result;
  }

  private exchange(a: Local, b: Local): void {
    const { f } = this.k;
    f.get(a);
    f.get(b);
    f.set(a);
    f.set(b);
  }
}
