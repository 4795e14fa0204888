// Attention by blocks of query rows: scores of the block against all keys, softmax over each of its rows, then the
// mean of the values under these weights. Scores live in the worker's scratch only, as many rows as the cache holds;
// every row is complete there, so softmax is exact and needs no rescaling. What is done to scores (scale, mask) and
// to weights happens while softmax goes over them.

import type { Epilogue, Refinement } from '../../../select/spec/access.ts';
import type { AttentionSpec } from '../../../select/spec/product.ts';
import type { KernelContext, Template } from '../../context.ts';
import { Cursor } from '../../cursor.ts';
import { epilogueHook, type Hook } from '../../expression/hook.ts';
import { exp } from '../../math/exp.ts';
import type { Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { Line } from '../lines/line.ts';
import { emitPackMatrix } from '../pack/panels.ts';
import { emitBlockProduct } from '../product/block.ts';
import { emitStrip } from '../strip/emit.ts';
import { matrixStrip } from '../strip/strip.ts';
import { emitLanes } from '../work/lanes.ts';
import { workerScratchPointer } from '../work/scratch.ts';
import { indexLocals, takeIndex, takeIndices } from '../work/units.ts';
import { type AttentionPlan, attentionNeeds, attentionPlan, isIdentity, queryInPlace } from './plan.ts';

export const attention: Template<AttentionSpec> = {
  needs: attentionNeeds,
  emit: (k, spec, _phase, needs) => {
    if (spec.m * spec.n * spec.d === 0) return;
    const scratch = workerScratchPointer(k, needs);
    new AttentionEmitter(k, spec, attentionPlan(spec, k.target.simd, k.target.threads), scratch).emit();
  },
};

const withoutWrites = (refinement: Refinement): Epilogue => ({ ...refinement, writes: [] });

class AttentionEmitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly spec: AttentionSpec;
  private readonly plan: AttentionPlan;
  /** indices of the head */
  private readonly batch: readonly Operand32[];
  private readonly firstRow: Local;
  private readonly rowCount: Operand32;
  private readonly keyPanels: Local;
  private readonly valuePanels: Local;
  private readonly scores: Local;
  private readonly results: Local;
  private readonly scales: Local;
  /** the block's first query row */
  private readonly queries: Local;
  private readonly queryStrideBytes: number;

  constructor(k: KernelContext, spec: AttentionSpec, plan: AttentionPlan, scratch: Local) {
    const { f } = k;
    const part = (name: string, offset: number): Local => f.pointer(name, scratch, offset);
    this.k = k;
    this.v = k.vectors();
    this.spec = spec;
    this.plan = plan;
    this.keyPanels = scratch;
    this.valuePanels = part('values', plan.valuePanels);
    this.scores = part('scores', plan.scores);
    this.results = part('results', plan.results);
    this.scales = part('scales', plan.scales);
    this.queries = part('queries', plan.queries);
    this.batch = indexLocals(f, spec.batch);
    this.firstRow = f.local('i32', 'firstRow');
    this.rowCount = plan.lastRows === plan.blockRows ? plan.blockRows : f.local('i32', 'rowCount');
    this.queryStrideBytes = (queryInPlace(spec)?.strides.at(-2) ?? spec.k) * 4;
  }

  emit(): void {
    const { f } = this.k;
    const [unit, rest, packed] = [f.local('i32', 'unit'), f.local('i32', 'rest'), f.local('i32', 'packed')];
    f.assign(packed, -1);
    f.range(unit, this.k.begin, this.k.end, 1, () => {
      f.assign(rest, unit);
      takeIndex(f, rest, this.plan.blocks, this.firstRow);
      this.enterHead(rest, packed);
      this.enterBlock();
      this.emitScores();
      this.emitSoftmax();
      this.emitResults();
    });
  }

  /** Indices of the head with flat number `rest`; packs its keys and values unless they lie there already. */
  private enterHead(rest: Local, packed: Local): void {
    const { f } = this.k;
    f.scope(() => {
      const group = f.local('i32', 'group');
      f.get(rest);
      f.i32(this.plan.shared);
      f.op('i32.div_u');
      f.set(group);
      takeIndices(f, rest, this.spec.batch, this.batch);
      f.get(group);
      f.get(packed);
      f.op('i32.ne');
      f.if(() => {
        f.assign(packed, group);
        this.emitPack();
      });
    });
  }

  private emitPack(): void {
    const { batch, n, k, d, key, value, scoreTile, valueTile } = this.spec;
    emitPackMatrix(
      this.k,
      { input: key, batch, terms: [k], n, columns: scoreTile[1] },
      this.batch,
      this.keyPanels,
    );
    const values = { input: value, batch, terms: [n], n: d, columns: valueTile[1] };
    emitPackMatrix(this.k, values, this.batch, this.valuePanels);
  }

  /** Rows of the block with the number in `firstRow`, and where its queries lie. */
  private enterBlock(): void {
    const { f } = this.k;
    const { blockRows, blocks, lastRows } = this.plan;
    const { rowCount } = this;
    if (typeof rowCount === 'object') {
      f.i32(lastRows);
      f.i32(blockRows);
      f.get(this.firstRow);
      f.i32(blocks - 1);
      f.op('i32.eq');
      f.select();
      f.set(rowCount);
    }
    f.get(this.firstRow);
    f.scale(blockRows);
    f.set(this.firstRow);
    f.scope(() => this.enterQueries());
  }

  private enterQueries(): void {
    const { f } = this.k;
    const access = queryInPlace(this.spec);
    if (access) {
      const cursor = new Cursor(this.k, [{ ...access, strides: access.strides.slice(0, -1) }]);
      cursor.seek([...this.batch, this.firstRow]);
      const { pointer, offset } = cursor.place(0, [], -1);
      f.assignSum(this.queries, pointer, offset);
      return;
    }
    const { query, m, k } = this.spec;
    const strip = matrixStrip(query, m, k);
    const count = f.local('i32', 'count');
    f.assign(count, this.rowCount);
    const rows = { outer: this.batch, first: this.firstRow, count };
    emitStrip(this.k, strip, rows, this.queries);
  }

  private get rows() {
    const { blockRows, lastRows } = this.plan;
    return { count: this.rowCount, possible: [blockRows, lastRows] };
  }

  private emitScores(): void {
    const { n, k, scoreTile } = this.spec;
    emitBlockProduct(this.k, {
      rows: this.rows,
      left: { pointer: this.queries, strideBytes: this.queryStrideBytes },
      terms: k,
      panels: this.keyPanels,
      columns: n,
      tile: scoreTile,
      target: { pointer: this.scores, strideBytes: this.plan.scoreStride * 4 },
    });
  }

  /** For every row of the block: refined scores, their exponentials, and the sum's inverse or the refined weights. */
  private emitSoftmax(): void {
    const { f } = this.k;
    const { v, spec } = this;
    const axis = spec.batch.length + 1;
    f.scope(() => {
      const row = f.local('i32', 'row');
      const [scratch, scale] = [f.local('i32', 'rowScores'), f.local('i32', 'rowScale')];
      const scores = epilogueHook(this.k, v, withoutWrites(spec.scores), axis);
      const weights = epilogueHook(this.k, v, withoutWrites(spec.probabilities), axis);
      f.assign(scratch, this.scores);
      f.assign(scale, this.scales);
      this.forRows(row, [scores, weights], () => {
        const shape = { outer: [...spec.batch, spec.m], line: [spec.n] };
        const line = (pre: Hook) =>
          new Line(
            shape,
            { vectorAxis: axis, lanes: v.lanes },
            { v, pre, post: weights, scratch, count: v.lanes },
          );
        // A NaN need not be the maximum: it spoils the sum.
        const largest = isIdentity(spec.scores)
          ? line(scores).pass('scratch', 'f32.pmax', x => ({ term: x }))
          : line(scores).pass('both', 'f32.pmax', x => ({ keep: x, term: x }));
        const sum = line(scores).pass('scratch', 'f32.add', x => {
          const keep = exp(v, v.op('f32.sub', x, largest));
          return { keep, term: keep };
        });
        const inverse = v.op('f32.div', v.f32(1), sum);
        if (isIdentity(spec.probabilities)) this.storeOne(scale, inverse);
        else this.refineWeights(line(weights), inverse);
        f.increment(scratch, this.plan.scoreStride * 4);
        f.increment(scale, 4);
      });
    });
  }

  /** Two passes: to probabilities first, for what follows is written for those. */
  private refineWeights(line: Line, inverse: ReturnType<Vectors['f32']>): void {
    line.pass('scratch', 'f32.add', x => ({ keep: this.v.op('f32.mul', x, inverse), term: x }));
    line.pass('both', 'f32.add', x => ({ keep: x, term: x }));
  }

  private storeOne(pointer: Local, value: ReturnType<Vectors['f32']>): void {
    const { f } = this.k;
    f.get(pointer);
    f.get(this.v.part(value, 0));
    if (this.v.scalar) f.memory('f32.store', 0);
    else f.memoryLane('v128.store32_lane', 0, 0);
  }

  /** The block's weights times values; each row by its scale, then through the epilogue. */
  private emitResults(): void {
    const { f } = this.k;
    const { v, spec, plan } = this;
    emitBlockProduct(this.k, {
      rows: this.rows,
      left: { pointer: this.scores, strideBytes: plan.scoreStride * 4 },
      terms: spec.n,
      panels: this.valuePanels,
      columns: spec.d,
      tile: spec.valueTile,
      target: { pointer: this.results, strideBytes: plan.resultStride * 4 },
    });
    f.scope(() => {
      const row = f.local('i32', 'row');
      const [result, scale, from] = [
        f.local('i32', 'rowResults'),
        f.local('i32', 'rowScale'),
        f.local('i32', 'from'),
      ];
      const axis = spec.batch.length + 1;
      const post = epilogueHook(this.k, v, spec.epilogue, axis);
      f.assign(result, this.results);
      f.assign(scale, this.scales);
      const scaled = isIdentity(spec.probabilities);
      this.forRows(row, [post], () => {
        const factor = scaled ? v.loadSplat(scale, 0) : undefined;
        f.assign(from, result);
        emitLanes(v, spec.d, lanes => {
          f.scope(() => {
            const sum = v.load(from, 0);
            post.store([], lanes, factor ? v.op('f32.mul', sum, factor) : sum);
          });
          post.advance(axis, lanes);
          f.increment(from, lanes * 4);
        });
        f.increment(result, plan.resultStride * 4);
        f.increment(scale, 4);
      });
    });
  }

  /** Runs `body` for every row of the block, the hooks at its first element. */
  private forRows(row: Local, hooks: readonly Hook[], body: () => void): void {
    const { f } = this.k;
    f.range(row, 0, this.rowCount, 1, () => {
      f.scope(() => {
        const index = f.local('i32', 'index');
        f.assignSum(index, this.firstRow, row);
        for (const hook of hooks) hook.seek([...this.batch, index]);
        body();
      });
    });
  }
}
