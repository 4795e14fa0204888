// The code of convolution and matrix product: a worker packs a strip once if it must, keeps it in the second-level
// cache, and walks a block's weights for every register tile of the strip.

import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext } from '../../context.ts';
import { Cursor } from '../../cursor.ts';
import { epilogueHook, type Hook } from '../../expression/hook.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { bitPanelBytes } from '../pack/bits.ts';
import { tileCount } from '../pack/pack.ts';
import { emitUnpack } from '../pack/unpack-bits.ts';
import { emitStrip } from '../strip/emit.ts';
import { pushWorkerScratch } from '../work/scratch.ts';
import {
  eachBlockOfStrips,
  eachRest,
  indexLocals,
  limitTo,
  takeIndex,
  takeIndices,
  withBlockSize,
} from '../work/units.ts';
import { limitStrips, wantedProductRows } from '../work/wanted.ts';
import { type Ahead, aheadOf, seekAhead } from './ahead.ts';
import { emitDots, emitTile, isDotTile } from './dot-tile.ts';
import {
  canFlatten,
  columnOfRows,
  type Panels,
  type Product,
  type ProductPlan,
  panelBytes,
  pixelsAreNearer,
  productPlan,
} from './product.ts';
import { type LeftRow, storeSums, tileLanes } from './tile.ts';
import { storeTurned } from './turned.ts';

/** Emits the units [begin, end) of the phase that computes the product. */
export function emitProduct(k: KernelContext, product: Product, needs: KernelNeeds): void {
  const v = k.vectors(tileLanes(k, product.tile[1]));
  new ProductEmitter(k, v, product, productPlan(product, k.target.threads), needs).emit();
}

class ProductEmitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly product: Product;
  private readonly plan: ProductPlan;
  private readonly needs: KernelNeeds;
  private readonly hook: Hook;
  /** pixels of several rows form one run, so that narrow images fill their tiles */
  private readonly flat: boolean;
  private readonly pixelAxis: number;
  /** indices of the unit */
  private readonly outer: readonly Operand32[];
  private readonly block: Local;
  private readonly firstRow: Local;
  private readonly rowCount: Local;
  /** all, or as many as are wanted of the only image, in whole tiles */
  private readonly rows: Operand32;
  /** where the strip's first row, the unit's panel and its bias lie */
  private readonly leftBase: Local;
  private readonly panel: Local;
  private readonly ahead: Ahead | undefined;
  private readonly bias: Local | undefined;
  /** where the sums go before the epilogue, if they do; then its lanes may run along the pixels, which fills them */
  private readonly tile: Local | undefined;
  private readonly turned: boolean;
  /** tiles of one column, whose lanes run along the terms */
  private readonly dots: boolean;

  constructor(k: KernelContext, v: Vectors, product: Product, plan: ProductPlan, needs: KernelNeeds) {
    const { f } = k;
    this.k = k;
    this.v = v;
    this.plan = plan;
    this.needs = needs;
    this.product = product.width === 1 ? columnOfRows(product) : product;
    this.pixelAxis = product.outer.length + 1;
    this.flat = plan.stripRows === 1 || canFlatten(product);
    const { epilogue } = this.product;
    this.dots = k.target.simd !== 'scalar' && isDotTile(product.tile[1], product.depth);
    const memory = this.dots || (v.lanes >= 4 && plan.tileBytes > 0);
    this.turned = this.dots || (memory && (product.columns === 1 || pixelsAreNearer(this.product)));
    this.hook = this.turned
      ? epilogueHook(k, k.vectors(4), epilogue, this.pixelAxis)
      : epilogueHook(k, v, epilogue, this.pixelAxis + 1);
    this.tile = memory ? f.local('i32', 'tile') : undefined;
    this.outer = indexLocals(f, product.outer);
    this.block = f.local('i32', 'block');
    this.firstRow = f.local('i32', 'firstRow');
    this.rowCount = f.local('i32', 'rowCount');
    this.rows = wantedProductRows(k, product, plan);
    this.leftBase = f.local('i32', 'left');
    this.panel = f.local('i32', 'panel');
    const inTurn = plan.blocks > 1 && !product.unpack && !this.dots;
    this.ahead = inTurn ? aheadOf(f, this.tilesOfStrip()) : undefined;
    this.bias = product.bias && f.local('i32', 'bias');
  }

  private tilesOfStrip(): number {
    const { width, tile } = this.product;
    const { stripRows } = this.plan;
    return this.flat ? tileCount(stripRows * width, tile[0]) : stripRows * tileCount(width, tile[0]);
  }

  emit(): void {
    const { f } = this.k;
    if (this.tile) {
      pushWorkerScratch(this.k, this.needs);
      f.i32(this.plan.stripBytes);
      f.op('i32.add');
      f.set(this.tile);
    }
    limitStrips(this.k, this.plan, this.rows);
    this.hook.seek();
    this.hook.hoist('all', () =>
      eachBlockOfStrips(
        this.k,
        this.plan.blocks,
        this.block,
        strip => this.enterStrip(strip),
        () => this.emitUnit(),
      ),
    );
  }

  /** Indices of the strip, and its rows of the left operand. */
  private enterStrip(strip: Local): void {
    const { f } = this.k;
    const { stripRows: height, strips } = this.plan;
    f.scope(() => {
      const rest = f.local('i32', 'rest');
      f.assign(rest, strip);
      takeIndex(f, rest, strips, this.firstRow);
      takeIndices(f, rest, this.product.outer, this.outer);
      f.get(this.firstRow);
      f.scale(height);
      f.set(this.firstRow);
      f.operand(this.rows);
      f.get(this.firstRow);
      f.op('i32.sub');
      f.set(this.rowCount);
      limitTo(f, this.rowCount, height);
      this.enterLeft();
    });
  }

  private enterLeft(): void {
    const { f } = this.k;
    const { left } = this.product;
    if (left.kind === 'memory') {
      const cursor = new Cursor(this.k, [left.access]);
      cursor.seek([...this.outer, this.firstRow]);
      const { pointer, offset } = cursor.place(0, [], -1);
      f.assignSum(this.leftBase, pointer, offset);
      return;
    }
    pushWorkerScratch(this.k, this.needs);
    f.set(this.leftBase);
    const first = f.local('i32', 'inputRow');
    const count = f.local('i32', 'inputRows');
    f.get(this.firstRow);
    f.scale(this.product.rowStep);
    f.i32(left.top);
    f.op('i32.sub');
    f.set(first);
    f.get(this.rowCount);
    f.scale(this.product.rowStep);
    f.i32(this.product.rowSpan - this.product.rowStep);
    f.op('i32.add');
    f.set(count);
    emitStrip(this.k, left.strip, { outer: this.outer, first, count }, this.leftBase);
  }

  /** One block of columns of the strip that was entered. */
  private emitUnit(): void {
    const { f } = this.k;
    const { product, block } = this;
    this.seekRight();
    if (product.bias && this.bias) this.seekPanels(product.bias, product.tile[1] * 4, this.bias);
    f.scope(() => {
      const column = f.local('i32', 'column');
      f.get(block);
      f.scale(product.tile[1]);
      f.set(column);
      const start = [...this.outer, this.firstRow, 0, column];
      if (this.flat) return this.emitFlat(start);
      const row = f.local('i32', 'row');
      const last = f.local('i32', 'lastRow');
      f.assignSum(last, this.firstRow, this.rowCount);
      const pixel = f.local('i32', 'rowPointer');
      f.assign(pixel, this.leftBase);
      f.range(row, this.firstRow, last, 1, () => {
        this.hook.seek([...this.outer, row, 0, column]);
        this.emitRun(product.width, [product.width % product.tile[0]], pixel, false);
        f.increment(pixel, product.rowStride - product.width * product.pixelStride);
      });
    });
  }

  /** Points at the block's panel, made to floats first where it is in few bits. */
  private seekRight(): void {
    const { f } = this.k;
    const { right, depth, tile, unpack } = this.product;
    if (!unpack) {
      const bytes = panelBytes(depth, tile[1]);
      this.seekPanels(right, bytes, this.panel);
      const next = { index: this.block, last: this.plan.blocks - 1, bytes };
      if (this.ahead) seekAhead(f, this.ahead, this.panel, next);
      return;
    }
    f.scope(() => {
      const packed = f.local('i32', 'packed');
      this.seekPanels(right, bitPanelBytes(unpack.k, unpack.weights, unpack.columns), packed);
      pushWorkerScratch(this.k, this.needs);
      f.i32(this.plan.stripBytes + this.plan.tileBytes);
      f.op('i32.add');
      f.set(this.panel);
      emitUnpack(this.k, unpack, packed, this.panel);
    });
  }

  private seekPanels(panels: Panels, blockBytes: number, pointer: Local): void {
    const { f } = this.k;
    panels.address(this.k);
    f.get(this.block);
    f.scale(blockBytes);
    f.op('i32.add');
    this.outer.forEach((index, axis) => {
      const stride = panels.outerStrides[axis];
      if (typeof index !== 'object' || !stride) return;
      f.get(index);
      f.scale(stride);
      f.op('i32.add');
    });
    f.set(pointer);
  }

  /** All pixels of the strip as one run. */
  private emitFlat(start: readonly Operand32[]): void {
    const { f } = this.k;
    const { rows, width, tile, rowStride, pixelStride } = this.product;
    const height = this.plan.stripRows;
    const rests = [height, rows % height].map(count => (count * width) % tile[0]);
    const pixel = f.local('i32', 'pixel');
    const count = f.local('i32', 'pixels');
    f.assign(pixel, this.leftBase);
    f.get(this.rowCount);
    f.scale(width);
    f.set(count);
    this.hook.seek(start);
    this.emitRun(count, rests, pixel, width > 1 && height > 1 && rowStride !== width * pixelStride);
  }

  /**
   * `count` pixels from the left operand's `pixel` on, which moves behind them. `rests` are the pixels that may be
   * left after the last whole tile. `wraps`: the pixels go over the ends of rows.
   */
  private emitRun(count: Operand32, rests: readonly number[], pixel: Local, wraps: boolean): void {
    const { f } = this.k;
    f.scope(() => {
      const done = f.local('i32', 'done');
      const column = wraps ? f.local('i32', 'x') : undefined;
      if (column) {
        f.assign(column, 0);
      }
      const [tileRows] = this.product.tile;
      f.range(done, 0, count, tileRows, () => this.emitTile(tileRows, pixel, column));
      eachRest(f, count, done, rests, rest => this.emitTile(rest, pixel, column));
    });
  }

  private emitTile(pixels: number, pixel: Local, column: Local | undefined): void {
    const { f } = this.k;
    const { product, v } = this;
    f.scope(() => {
      const rows = column ? this.wrappingRows(pixels, pixel, column) : this.evenRows(pixels, pixel);
      const panel = f.local('i32', 'panelPointer');
      f.assign(panel, this.panel);
      const tile = {
        rows,
        depth: product.depth,
        columns: product.tile[1],
        panel,
        ...(this.bias && { bias: this.bias }),
        pairs: product.pairs,
        ahead: this.ahead,
      };
      if (this.dots && this.tile)
        emitDots(this.k, tile, this.tile, (first, count, results) =>
          this.hook.store([...this.outer.map(() => 0), 0, first, 0], count, results),
        );
      else this.storeTile(emitTile(this.k, v, tile));
      this.hook.advance(this.pixelAxis, pixels);
    });
  }

  /** Rows at equal distances from one pointer. */
  private evenRows(pixels: number, pixel: Local): LeftRow[] {
    const { f } = this.k;
    const { pixelStride } = this.product;
    const pointer = f.local('i32', 'leftPointer');
    f.assign(pointer, pixel);
    f.increment(pixel, pixels * pixelStride);
    return Array.from({ length: pixels }, (_, t) => ({ pointer, offset: t * pixelStride }));
  }

  /** A pointer for each pixel; at the end of a row `pixel` goes on with the next. */
  private wrappingRows(pixels: number, pixel: Local, column: Local): LeftRow[] {
    const { f } = this.k;
    const { width, pixelStride, rowStride } = this.product;
    return Array.from({ length: pixels }, () => {
      const pointer = f.local('i32', 'leftPointer');
      f.assign(pointer, pixel);
      f.increment(pixel, pixelStride);
      f.increment(column, 1);
      f.get(column);
      f.i32(width);
      f.op('i32.eq');
      f.if(() => {
        f.assign(column, 0);
        f.increment(pixel, rowStride - width * pixelStride);
      });
      return { pointer, offset: 0 };
    });
  }

  /** Runs the epilogue on the sums; the last block stores only the columns there are. */
  private storeTile(sums: readonly (readonly Value[])[]): void {
    const { f } = this.k;
    const { columns, tile } = this.product;
    const inMemory = this.tile;
    if (inMemory) storeSums(this.v, inMemory, tile[1] * 4, sums);
    const store = (valid: number): void => {
      if (!inMemory) this.storeRows(sums.length, valid, (t, j) => sums[t]?.[j]);
      else if (this.turned)
        storeTurned(this.k, this.hook, {
          start: inMemory,
          pixels: sums.length,
          columns: tile[1],
          valid,
        });
      else
        this.storeRows(sums.length, valid, (t, j) =>
          this.v.load(inMemory, (t * tile[1] + j * this.v.lanes) * 4),
        );
    };
    withBlockSize(f, { at: this.block, last: this.plan.blocks - 1 }, columns, tile[1], store);
  }

  /** The epilogue with lanes along columns, on vector j of pixel t. */
  private storeRows(pixels: number, valid: number, sum: (t: number, j: number) => Value | undefined): void {
    const { lanes } = this.v;
    for (let t = 0; t < pixels; t++)
      for (let j = 0; j * lanes < valid; j++)
        this.k.f.scope(() => {
          const count = Math.min(lanes, valid - j * lanes);
          this.hook.store([...this.outer.map(() => 0), 0, t, j * lanes], count, sum(t, j));
        });
  }
}
