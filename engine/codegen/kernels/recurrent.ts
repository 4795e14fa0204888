// Recurrent layers: for every direction and some batch entries a loop over the steps, in each a matrix times the
// entries' state vectors, columns by columns of all products together, then the cell's expression along the sums.
// States and sums lie in scratch, padded to whole vectors: what is multiplied is replaced only when all is multiplied.

import type { Access } from '../../select/spec/access.ts';
import type { KernelNeeds } from '../../select/spec/kernel.ts';
import type { RecurrentSpec, RecurrentStage } from '../../select/spec/recurrent.ts';
import type { KernelContext, Template } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { ExpressionEmitter } from '../expression/expression.ts';
import { loadLanes, type Place, storeLanes } from '../vector/load-store.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { Local, Operand32 } from '../wasm/function.ts';
import { pushWorkerScratch, wholeLines } from './work/scratch.ts';
import { limitTo, takeIndex, withBlockSize } from './work/units.ts';

/** Elements of the source multiplied per round of the inner loop. */
const UNROLL = 4;

/** Partial sums of a product that are added up at its end, so that enough of them are independent. */
const CHAINS = [4, 2] as const;
/** Vectors of sums that registers hold. */
const MOST_SUMS = 12;

const padded = (hidden: number, columns: number): number => Math.ceil(hidden / columns) * columns;

/** Floats from one state vector to the next. */
const stateFloats = ({ hidden }: RecurrentSpec): number => padded(hidden, 8);

/** Floats of the sums of one batch entry, of the stage that has most of them. */
const sumFloats = ({ hidden, stages }: RecurrentSpec): number =>
  Math.max(0, ...stages.map(({ products, columns }) => products * padded(hidden, columns)));

const batchTiles = ({ batch, batchRows }: RecurrentSpec): number => Math.ceil(batch / batchRows);

export const recurrent: Template<RecurrentSpec> = {
  needs: (spec): KernelNeeds => {
    const units = spec.reverse.length * batchTiles(spec);
    const floats = spec.batchRows * (stateFloats(spec) * spec.states.length + sumFloats(spec));
    const scratchPerWorker = wholeLines(4 * floats);
    return { units, scratchPerWorker, scratchShared: 0, phases: [units] };
  },
  emit(k, spec, _phase, needs) {
    const { f } = k;
    const unit = f.local('i32', 'unit');
    const emitter = new Emitter(k, spec, needs);
    f.range(unit, k.begin, k.end, 1, () => emitter.unit(unit));
  },
};

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
  /** where the first entry's state vectors and sums lie; those of the others follow */
  private readonly vectors: readonly Local[];
  private readonly sums: Local;

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
    this.vectors = f.locals(spec.states.length, 'i32', 'state');
    this.sums = f.local('i32', 'sums');
    pushWorkerScratch(k, needs);
    f.set(this.scratch);
  }

  /** All steps of one direction of some batch entries. */
  unit(unit: Local): void {
    const { spec } = this;
    const { f } = this.k;
    const { batchRows } = spec;
    const tiles = batchTiles(spec);
    f.assign(this.direction, unit);
    takeIndex(f, this.direction, tiles, this.batch);
    const stateBytes = 4 * batchRows * stateFloats(spec);
    [...this.vectors, this.sums].forEach((vector, i) => {
      f.assignSum(vector, this.scratch, stateBytes * i);
    });
    f.get(this.batch);
    f.scale(batchRows);
    f.set(this.batch);
    const place = { at: this.batch, last: (tiles - 1) * batchRows };
    withBlockSize(f, place, spec.batch, batchRows, rows => this.entries(rows));
  }

  /** All steps of so many batch entries. */
  private entries(rows: number): void {
    const { spec } = this;
    const { f } = this.k;
    spec.states.forEach((_, state) => {
      this.begin(state, rows);
    });
    f.scope(() => {
      const step = f.local('i32', 'step');
      const length = this.length();
      f.range(step, 0, length, 1, () => {
        this.findTime(step, length);
        for (const stage of spec.stages) this.stage(stage, rows);
      });
      if (typeof length === 'object') this.clearFrom(length);
    });
    spec.states.forEach((_, state) => {
      this.finish(state, rows);
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

  private begin(state: number, rows: number): void {
    this.overState(state, this.spec.states[state]?.initial, rows, (place, pointer, offset, count) => {
      this.v.store(pointer, offset, place ? loadLanes(this.v, place, count) : this.v.f32(0));
    });
  }

  private finish(state: number, rows: number): void {
    const access = this.spec.states[state]?.final;
    if (!access) return;
    this.overState(state, access, rows, (place, pointer, offset, count) => {
      if (place) storeLanes(this.v, place, this.v.load(pointer, offset), count);
    });
  }

  /** Goes along the entries' state vectors and the memory they come from or go to. */
  private overState(
    state: number,
    access: Access | undefined,
    rows: number,
    body: (place: Place | undefined, pointer: Local, offset: number, count: number) => void,
  ): void {
    const { f } = this.k;
    f.scope(() => {
      const cursor = access && new Cursor(this.k, [access]);
      cursor?.seek([this.direction, this.batch]);
      const pointer = f.copy(this.vector(state), 'at');
      this.along(count => {
        for (let row = 0; row < rows; row++)
          f.scope(() => body(cursor?.place(0, [0, row, 0], 2), pointer, this.stateOffset(row), count));
        cursor?.advance(2, count);
        f.increment(pointer, 4 * count);
      });
    });
  }

  /** Runs `body` for every vector of hidden elements, with those that exist. */
  private along(body: (count: number) => void): void {
    const { f } = this.k;
    const { hidden } = this.spec;
    const { lanes } = this.v;
    f.range(f.local('i32', 'i'), 0, hidden, lanes, () => body(lanes));
    if (hidden % lanes) body(hidden % lanes);
  }

  /** Bytes from the first entry's state vector to another's. */
  private stateOffset(row: number): number {
    return 4 * row * stateFloats(this.spec);
  }

  /** The same for a product's sums. */
  private sumOffset({ columns }: RecurrentStage, row: number, product: number): number {
    return 4 * (row * sumFloats(this.spec) + product * padded(this.spec.hidden, columns));
  }

  private stage(stage: RecurrentStage, rows: number): void {
    const { f } = this.k;
    const { v } = this;
    const { columns } = stage;
    f.scope(() => {
      const weights = this.weightsOf(stage);
      const sums = f.copy(this.sums, 'at');
      f.range(f.local('i32', 'block'), 0, padded(this.spec.hidden, columns), columns, () => {
        f.scope(() => {
          this.products(stage, weights, rows).forEach((products, row) => {
            products.forEach((list, product) => {
              list.forEach((sum, u) => {
                v.store(sums, this.sumOffset(stage, row, product) + 4 * u * v.lanes, sum);
              });
            });
          });
        });
        f.increment(sums, 4 * columns);
      });
    });
    this.cell(stage, rows);
  }

  /** What the cell makes of the sums. */
  private cell(stage: RecurrentStage, rows: number): void {
    const { f } = this.k;
    const { v, spec } = this;
    const emitter = new ExpressionEmitter(v, stage.expression);
    f.scope(() => {
      const sums = f.copy(this.sums, 'at');
      const bytes = f.local('i32', 'bytes');
      f.assign(bytes, 0);
      const states = spec.states.map(() => f.local('i32', 'at'));
      this.cursor.seek([this.time, this.direction, this.batch]);
      this.along(count => {
        states.forEach((at, state) => {
          f.assignSum(at, this.vector(state), bytes);
        });
        for (let row = 0; row < rows; row++)
          f.scope(() => this.cellVector(stage, emitter, { row, count, sums, states }));
        this.cursor.advance(3, count);
        f.increment(sums, 4 * count);
        f.increment(bytes, 4 * count);
      });
    });
  }

  /** The cell's expression on one vector of one entry. */
  private cellVector(
    stage: RecurrentStage,
    emitter: ExpressionEmitter,
    at: {
      readonly row: number;
      readonly count: number;
      readonly sums: Local;
      readonly states: readonly Local[];
    },
  ): void {
    const { v, spec } = this;
    const { row, count } = at;
    const entry = [0, 0, row, 0];
    const results = emitter.evaluate(input => {
      if (input < stage.products) return v.load(at.sums, this.sumOffset(stage, row, input));
      const state = at.states[input - stage.products];
      if (state) return v.load(state, this.stateOffset(row));
      return loadLanes(v, this.cursor.place(input - stage.products - spec.states.length, entry, 3), count);
    });
    results.forEach((value, r) => {
      const target = stage.targets[r] ?? 0;
      const pointer = at.states[target];
      if (pointer) v.store(pointer, this.stateOffset(row), value);
      if (target === 0 && spec.write)
        storeLanes(v, this.cursor.place(spec.reads.length, entry, 3), value, count);
    });
  }

  /** Address of the direction's packed weights. */
  private weightsOf({ weights, products, columns }: RecurrentStage): Local {
    const { f } = this.k;
    const pointer = f.local('i32', 'weights');
    this.k.address(weights);
    f.get(this.direction);
    f.scale(4 * padded(this.spec.hidden, columns) * this.spec.hidden * products);
    f.op('i32.add');
    f.set(pointer);
    return pointer;
  }

  /** sums[row][product][vector] = Σ source · weights; leaves the pointer behind the block's weights. */
  private products(stage: RecurrentStage, weights: Local, rows: number): Value[][][] {
    const { f } = this.k;
    const { v } = this;
    const { hidden } = this.spec;
    const { columns, products } = stage;
    const vectors = columns / v.lanes;
    const chains = CHAINS.find(count => count * rows * products * vectors <= MOST_SUMS) ?? 1;
    const count = (length: number) => Array.from({ length }, (_, i) => i);
    const sums = count(chains).map(() =>
      count(rows).map(() => count(products).map(() => count(vectors).map(() => v.fresh('f32', 'sum')))),
    );
    for (const sum of sums.flat(3)) v.fill(sum, 0);
    const perElement = 4 * products * columns;
    const term = (source: Local, n: number): void => {
      const elements = count(rows).map(row => v.loadSplat(source, 4 * n + this.stateOffset(row)));
      for (const product of count(products))
        for (const u of count(vectors))
          f.scope(() => {
            const column = v.load(weights, n * perElement + 4 * (product * columns + u * v.lanes));
            elements.forEach((element, row) => {
              const sum = sums[n % chains]?.[row]?.[product]?.[u];
              if (sum) v.accumulate(sum, element, column);
            });
          });
    };
    const terms = (source: Local, some: number): void => {
      for (let n = 0; n < some; n++) f.scope(() => term(source, n));
      f.increment(source, 4 * some);
      f.increment(weights, perElement * some);
    };
    f.scope(() => {
      const source = f.copy(this.vector(stage.source), 'at');
      f.range(f.local('i32', 'k'), 0, hidden, UNROLL, () => terms(source, UNROLL));
      if (hidden % UNROLL) terms(source, hidden % UNROLL);
    });
    const [first = [], ...others] = sums;
    const into = first.flat(2);
    for (const chain of others)
      chain.flat(2).forEach((sum, i) => {
        const target = into[i];
        if (target) v.update('f32.add', target, sum);
      });
    return first;
  }

  private vector(index: number): Local {
    const vector = this.vectors[index];
    if (!vector) throw new Error(`${this.k.name}: no state vector ${index}`);
    return vector;
  }
}
