// Packs a right operand computed at run time into panels, [batch …][n / columns][term …][columns], with its expression
// applied: what pack.ts does to constants. A unit is one panel.

import { elementCount } from '../../../ir/tensor.ts';
import type { Prologue } from '../../../select/spec/access.ts';
import type { KernelContext } from '../../context.ts';
import { type Hook, prologueHook } from '../../expression/hook.ts';
import { storeLanes } from '../../vector/load-store.ts';
import type { Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { transpose4 } from '../elementwise/transpose.ts';
import { pushSharedScratch } from '../work/scratch.ts';
import { indexLocals, takeIndex, takeIndices, withBlockSize } from '../work/units.ts';
import { tileCount } from './pack.ts';

/** A right operand of a product, and the panels it is packed into. */
export interface PanelSource {
  /** iteration space: batch …, term …, n */
  readonly input: Prologue;
  /** 1 along axes where the operand is the same */
  readonly batch: readonly number[];
  /** extents of the axes that products are summed over, outermost first */
  readonly terms: readonly number[];
  readonly n: number;
  /** of a register tile */
  readonly columns: number;
}

const termCount = ({ terms }: PanelSource): number => elementCount(terms);
/** Indices of the first term. */
const start = ({ terms }: PanelSource): number[] => terms.map(() => 0);

/** Emits the units [begin, end). */
export function emitPackPanels(k: KernelContext, source: PanelSource): void {
  const { f } = k;
  const { batch, n, columns } = source;
  const write = reads4x4(k, source) ? new TransposedPanel(k, source) : new StraightPanel(k, source);
  const [unit, rest, column] = [f.local('i32', 'unit'), f.local('i32', 'rest'), f.local('i32', 'column')];
  const indices = indexLocals(f, batch);
  f.range(unit, k.begin, k.end, 1, () => {
    f.assign(rest, unit);
    takeIndex(f, rest, tileCount(n, columns), column);
    takeIndices(f, rest, batch, indices);
    pushSharedScratch(k);
    f.get(unit);
    f.scale(termCount(source) * columns * 4);
    f.op('i32.add');
    f.set(write.to);
    f.get(column);
    f.scale(columns);
    f.set(column);
    write.hook.seek([...indices, ...start(source), column]);
    withBlockSize(f, { at: column, last: n - (n % columns) }, n, columns, valid => write.emit(valid));
  });
}

/** Packs one matrix of the batch, all its panels one after the other, to the address in `target`. */
export function emitPackMatrix(
  k: KernelContext,
  source: PanelSource,
  indices: readonly Operand32[],
  target: Local,
): void {
  const { f } = k;
  const { n, columns } = source;
  f.scope(() => {
    const write = reads4x4(k, source) ? new TransposedPanel(k, source) : new StraightPanel(k, source);
    const column = f.local('i32', 'column');
    const panel = (valid: number): void => {
      write.hook.seek([...indices, ...start(source), column]);
      write.emit(valid);
    };
    f.assign(write.to, target);
    f.range(column, 0, n, columns, () => panel(columns));
    if (n % columns) panel(n % columns);
  });
}

/** Whether vectors run along k in memory, so that reading along n would gather lane by lane. */
function reads4x4(k: KernelContext, { input, columns }: PanelSource): boolean {
  const along = (fromEnd: number): number[] => input.reads.map(({ strides }) => strides.at(fromEnd) ?? 0);
  return (
    k.target.simd !== 'scalar' &&
    columns % 4 === 0 &&
    along(-2).every(stride => stride === 0 || stride === 1) &&
    along(-1).some(stride => stride !== 0 && stride !== 1)
  );
}

/** Runs `body` for all terms, where it goes through those of the last axis itself and moves the hook behind them. */
function eachRun(k: KernelContext, { batch, terms }: PanelSource, hook: Hook, body: () => void): void {
  const { f } = k;
  const level = (at: number): void => {
    const extent = terms[at] ?? 1;
    if (at === terms.length - 1) body();
    else if (extent === 1) level(at + 1);
    else
      f.scope(() => {
        const round = f.local('i32', 'round');
        f.range(round, 0, extent, 1, () => {
          level(at + 1);
          hook.advance(batch.length + at, 1);
        });
      });
    if (at > 0) hook.advance(batch.length + at, at === terms.length - 1 || extent > 1 ? -extent : 0);
  };
  level(0);
}

/** Rows of the panel one after the other, lanes along n. */
class StraightPanel {
  readonly hook: Hook;
  readonly to: Local;
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly source: PanelSource;

  constructor(k: KernelContext, source: PanelSource) {
    this.k = k;
    this.v = k.vectors();
    this.source = source;
    this.hook = prologueHook(k, this.v, source.input, source.batch.length + source.terms.length);
    this.to = k.f.local('i32', 'to');
  }

  /** A panel of which `valid` columns exist; the others become 0. */
  emit(valid: number): void {
    const { f } = this.k;
    const { v, source, to } = this;
    const { batch, terms, columns } = source;
    const axis = batch.length + terms.length - 1;
    eachRun(this.k, source, this.hook, () => {
      const term = f.local('i32', 'term');
      f.range(term, 0, terms.at(-1) ?? 1, 1, () => {
        for (let j = 0; j < columns; j += v.lanes)
          f.scope(() => {
            const room = Math.min(v.lanes, columns - j);
            const lanes = Math.min(room, valid - j);
            const place = { dtype: 'float32', pointer: to, offset: j * 4, stride: 1 } as const;
            if (lanes < room) storeLanes(v, place, v.f32(0), room);
            if (lanes <= 0) return;
            storeLanes(v, place, this.hook.value([...batch.map(() => 0), ...start(source), j], lanes), lanes);
          });
        this.hook.advance(axis, 1);
        f.increment(to, columns * 4);
      });
    });
  }
}

/** Blocks of 4 × 4, read with lanes along k and transposed in registers. */
class TransposedPanel {
  readonly hook: Hook;
  readonly to: Local;
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly source: PanelSource;

  constructor(k: KernelContext, source: PanelSource) {
    this.k = k;
    this.v = k.vectors(4);
    this.source = source;
    this.hook = prologueHook(k, this.v, source.input, source.batch.length + source.terms.length - 1);
    this.to = k.f.local('i32', 'to');
  }

  emit(valid: number): void {
    const { f } = this.k;
    const count = this.source.terms.at(-1) ?? 1;
    eachRun(this.k, this.source, this.hook, () => {
      const term = f.local('i32', 'term');
      f.range(term, 0, count, 4, () => this.emitRows(valid, 4));
      if (count % 4) this.emitRows(valid, count % 4);
    });
  }

  /** The next `rows` rows of the panel. */
  private emitRows(valid: number, rows: number): void {
    const { f } = this.k;
    const { v, source, to } = this;
    const { batch, columns } = source;
    for (let j = 0; j < columns; j += 4)
      f.scope(() => {
        const lines = [0, 1, 2, 3].map(c =>
          j + c < valid ? this.hook.value([...batch.map(() => 0), ...start(source), j + c], rows) : v.f32(0),
        );
        transpose4(v, lines).forEach((row, r) => {
          if (r < rows) v.store(to, (r * columns + j) * 4, row);
        });
      });
    this.hook.advance(batch.length + source.terms.length - 1, rows);
    f.increment(to, rows * columns * 4);
  }
}
