// Convolution 3×3 of stride 1 by minimal filtering: tiles of the input are transformed, multiplied product by product
// as small matrices, and transformed back. A worker transforms a strip once and walks blocks of output channels; all
// in between lies in its scratch. Integers are transformed and summed as such, with weights times 4: exactly.

import { LANES } from '../../../options.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { WinogradSpec } from '../../../select/spec/window.ts';
import type { KernelContext, Template } from '../../context.ts';
import { epilogueHook, type Hook } from '../../expression/hook.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { tileCount } from '../pack/pack.ts';
import { type Ahead, aheadOf, seekAhead } from '../product/ahead.ts';
import { pixelsAreNearer } from '../product/product.ts';
import { emitSums, storeSums } from '../product/tile.ts';
import { storeTurned } from '../product/turned.ts';
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
import { type Elements, transformInputs, transformOutputs } from './matrices.ts';
import { type WinogradPlan, winogradPlan } from './plan.ts';
import { winogradTraversal } from './traversal.ts';

export const winograd: Template<WinogradSpec> = {
  needs: (spec, simd, threads) => {
    const { units, blocks, scratchBytes, channelBytes } = winogradPlan(spec, threads);
    if (channelBytes % (4 * LANES[simd]) || spec.tile[1] % LANES[simd])
      throw new Error('Winograd tiles expect whole vectors of channels');
    return { units, grain: blocks, scratchPerWorker: scratchBytes, scratchShared: 0, phases: [units] };
  },
  traverse: (spec, _simd, threads, pace) => winogradTraversal(spec, threads, pace),
  emit: (k, spec, _phase, needs) => new WinogradEmitter(k, spec, needs).emit(),
};

/** The weights of a product, and what reads those of the next. */
interface Right {
  readonly panel: Local;
  readonly ahead: Ahead | undefined;
}

class WinogradEmitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly spec: WinogradSpec;
  private readonly needs: KernelNeeds;
  private readonly plan: WinogradPlan;
  private readonly inputs: Elements;
  private readonly sums: Elements;
  /** the epilogue's lanes run along the pixels of a tile's row, since those lie nearer than its channels */
  private readonly turned: boolean;
  private readonly hook: Hook;
  private readonly image: Operand32;
  private readonly block: Local;
  /** first row of tiles of the strip, and how many */
  private readonly firstRow: Local;
  private readonly rowCount: Local;
  private readonly scratch: Local;

  constructor(k: KernelContext, spec: WinogradSpec, needs: KernelNeeds) {
    this.k = k;
    this.v = k.vectors();
    this.spec = spec;
    this.needs = needs;
    this.plan = winogradPlan(spec, k.target.threads);
    [this.inputs, this.sums] = spec.integers ? ['i16', 'i32'] : ['f32', 'f32'];
    this.turned = this.v.lanes >= 4 && pixelsAreNearer({ outer: [spec.batch], epilogue: spec.epilogue });
    this.hook = this.turned
      ? epilogueHook(k, k.vectors(4), spec.epilogue, 2)
      : epilogueHook(k, this.v, spec.epilogue, 3);
    this.image = indexLocals(k.f, [spec.batch])[0] ?? 0;
    this.block = k.f.local('i32', 'block');
    this.firstRow = k.f.local('i32', 'firstRow');
    this.rowCount = k.f.local('i32', 'rowCount');
    this.scratch = k.f.local('i32', 'scratch');
  }

  emit(): void {
    const { f } = this.k;
    pushWorkerScratch(this.k, this.needs);
    f.set(this.scratch);
    this.hook.seek();
    this.hook.hoist('all', () =>
      eachBlockOfStrips(
        this.k,
        this.plan.blocks,
        this.block,
        strip => this.enterStrip(strip),
        () => {
          this.multiply();
          this.finish();
        },
      ),
    );
  }

  /** A pointer to a part of the scratch. In the caller's scope. */
  private pointer(part: keyof WinogradPlan['offsets'], name: string = part): Local {
    return this.k.f.pointer(name, this.scratch, this.plan.offsets[part]);
  }

  /** Transforms all tiles of the strip, a row of them at a time. */
  private enterStrip(strip: Local): void {
    const { f } = this.k;
    const { stripRows, strips, tiles, extent } = this.plan;
    f.scope(() => {
      const rest = f.local('i32', 'rest');
      f.assign(rest, strip);
      takeIndex(f, rest, strips, this.firstRow);
      takeIndices(f, rest, [this.spec.batch], [this.image]);
      f.get(this.firstRow);
      f.scale(stripRows);
      f.set(this.firstRow);
      f.i32(tiles[0]);
      f.get(this.firstRow);
      f.op('i32.sub');
      f.set(this.rowCount);
      limitTo(f, this.rowCount, stripRows);
      const [row, first, count] = [f.local('i32', 'row'), f.local('i32', 'input'), f.local('i32', 'inputs')];
      const [rows, to] = [this.pointer('rows'), this.pointer('inputs')];
      f.assign(count, extent);
      f.range(row, 0, this.rowCount, 1, () => {
        f.get(this.firstRow);
        f.get(row);
        f.op('i32.add');
        f.scale(this.spec.outputTile);
        f.i32(this.spec.window.pads[0]);
        f.op('i32.sub');
        f.set(first);
        emitStrip(this.k, this.plan.strip, { outer: [this.image], first, count }, rows);
        this.transformColumns();
        this.transformRows(to);
      });
    });
  }

  /** Every column of the rows of input, whatever tile it belongs to: neighbours share it. */
  private transformColumns(): void {
    const { f } = this.k;
    const { v, spec } = this;
    const { rowBytes, extent } = this.plan;
    f.scope(() => {
      const [from, to] = [this.pointer('rows', 'from'), this.pointer('columns', 'to')];
      const done = f.local('i32', 'done');
      f.range(done, 0, rowBytes / 4, v.lanes, () => {
        f.scope(() => {
          const inputs = Array.from({ length: extent }, (_, r) => v.load(from, r * rowBytes));
          transformInputs(v, this.inputs, spec.outputTile, inputs).forEach((value, r) => {
            v.store(to, r * rowBytes, value);
          });
        });
        f.increment(from, v.lanes * 4);
        f.increment(to, v.lanes * 4);
      });
    });
  }

  /** The rows of each tile; `to` moves behind the row of tiles. */
  private transformRows(to: Local): void {
    const { f } = this.k;
    const { v } = this;
    const { outputTile } = this.spec;
    const { rowBytes, channelBytes, extent, inputStride, tiles } = this.plan;
    f.scope(() => {
      const from = this.pointer('columns', 'from');
      const [column, channel] = [f.local('i32', 'column'), f.local('i32', 'channel')];
      f.range(column, 0, tiles[1], 1, () => {
        f.range(channel, 0, channelBytes, v.lanes * 4, () => {
          for (let r = 0; r < extent; r++)
            f.scope(() => {
              const inputs = Array.from({ length: extent }, (_, x) =>
                v.load(from, r * rowBytes + x * channelBytes),
              );
              transformInputs(v, this.inputs, outputTile, inputs).forEach((value, x) => {
                v.store(to, (r * extent + x) * inputStride, value);
              });
            });
          f.increment(from, v.lanes * 4);
          f.increment(to, v.lanes * 4);
        });
        f.increment(from, (outputTile - 1) * channelBytes);
      });
    });
  }

  /** Sums over input channels for one block of output channels: a matrix product for each of the products. */
  private multiply(): void {
    const { f } = this.k;
    const { spec, plan } = this;
    const panelBytes = plan.channelBytes * spec.tile[1];
    f.scope(() => {
      const [left, sums] = [this.pointer('inputs', 'left'), this.pointer('sums')];
      const [panel, product, count] = [
        f.local('i32', 'panel'),
        f.local('i32', 'product'),
        f.local('i32', 'count'),
      ];
      this.k.address(spec.weights);
      f.get(this.block);
      f.scale(plan.products * panelBytes);
      f.op('i32.add');
      f.set(panel);
      f.get(this.rowCount);
      f.scale(plan.tiles[1]);
      f.set(count);
      const ahead = aheadOf(f, tileCount(plan.stripRows * plan.tiles[1], spec.tile[0]));
      f.range(product, 0, plan.products, 1, () => {
        if (ahead) seekAhead(f, ahead, panel, { index: product, last: plan.products - 1, bytes: panelBytes });
        this.multiplyTiles(left, { panel, ahead }, sums, count);
        f.increment(left, plan.inputStride);
        f.increment(sums, plan.sumStride);
        f.increment(panel, panelBytes);
      });
    });
  }

  private multiplyTiles(left: Local, right: Right, sums: Local, count: Local): void {
    const { f } = this.k;
    const [height] = this.spec.tile;
    const { stripRows, tiles } = this.plan;
    f.scope(() => {
      const [from, to, done] = [f.local('i32', 'from'), f.local('i32', 'to'), f.local('i32', 'done')];
      f.assign(from, left);
      f.assign(to, sums);
      f.range(done, 0, count, height, () => this.multiplyTile(height, from, right, to));
      const rests = [stripRows, tiles[0] % stripRows].map(rows => (rows * tiles[1]) % height);
      eachRest(f, count, done, rests, rest => this.multiplyTile(rest, from, right, to));
    });
  }

  /** `height` tiles' sums; `from` and `to` move behind them. */
  private multiplyTile(height: number, from: Local, { panel, ahead }: Right, to: Local): void {
    const { f } = this.k;
    const { v } = this;
    const { tile, integers: pairs } = this.spec;
    const { channelBytes } = this.plan;
    f.scope(() => {
      const [left, right] = [f.local('i32', 'left'), f.local('i32', 'right')];
      f.assign(left, from);
      f.assign(right, panel);
      const rows = Array.from({ length: height }, (_, r) => ({ pointer: left, offset: r * channelBytes }));
      const depth = [{ count: channelBytes / 4, stride: 4 }];
      const product = { rows, depth, columns: tile[1], panel: right, pairs, ahead };
      storeSums(v, to, tile[1] * 4, emitSums(v, product));
    });
    f.increment(from, height * channelBytes);
    f.increment(to, height * tile[1] * 4);
  }

  /** Transforms the sums of every tile back, and runs the epilogue on the pixels that exist. */
  private finish(): void {
    const { f } = this.k;
    const { plan, spec } = this;
    f.scope(() => {
      const [row, last, column] = [f.local('i32', 'row'), f.local('i32', 'last'), f.local('i32', 'column')];
      const [y, x, channel] = [f.local('i32', 'y'), f.local('i32', 'x'), f.local('i32', 'channel')];
      const sums = this.pointer('sums');
      f.assignSum(last, this.firstRow, this.rowCount);
      f.get(this.block);
      f.scale(spec.tile[1]);
      f.set(channel);
      const bias = this.biasPointer(channel);
      f.range(row, this.firstRow, last, 1, () => {
        f.get(row);
        f.scale(spec.outputTile);
        f.set(y);
        f.range(column, 0, plan.tiles[1], 1, () => {
          f.get(column);
          f.scale(spec.outputTile);
          f.set(x);
          this.transformSums(sums, bias);
          f.increment(sums, spec.tile[1] * 4);
          this.hook.seek([this.image, y, x, channel]);
          if (this.turned) this.storeTurnedRows(y, column);
          else this.storePixels(y, x);
        });
      });
    });
  }

  private biasPointer(channel: Local): Local | undefined {
    const { f } = this.k;
    if (!this.spec.bias) return undefined;
    const bias = f.local('i32', 'bias');
    this.k.address(this.spec.bias);
    f.get(channel);
    f.scale(4);
    f.op('i32.add');
    f.set(bias);
    return bias;
  }

  /** One tile's sums to results in scratch, [row][column][channel of the block]. */
  private transformSums(sums: Local, bias: Local | undefined): void {
    const { f } = this.k;
    const { v } = this;
    const { outputTile, tile } = this.spec;
    const { extent, sumStride } = this.plan;
    const pixel = tile[1] * 4;
    f.scope(() => {
      const [half, results] = [this.pointer('half'), this.pointer('results')];
      for (let j = 0; j < pixel; j += v.lanes * 4) {
        for (let r = 0; r < extent; r++)
          f.scope(() => {
            const products = Array.from({ length: extent }, (_, x) =>
              v.load(sums, (r * extent + x) * sumStride + j),
            );
            transformOutputs(v, this.sums, outputTile, products).forEach((value, x) => {
              v.store(half, (r * outputTile + x) * pixel + j, value);
            });
          });
        for (let x = 0; x < outputTile; x++)
          f.scope(() => {
            const products = Array.from({ length: extent }, (_, r) =>
              v.load(half, (r * outputTile + x) * pixel + j),
            );
            const start = bias && v.load(bias, j);
            transformOutputs(v, this.sums, outputTile, products).forEach((sum, r) => {
              const value = this.asFloat(sum);
              v.store(
                results,
                (r * outputTile + x) * pixel + j,
                start ? v.op('f32.add', value, start) : value,
              );
            });
          });
      }
    });
  }

  /** A result; integers are 4 times that much, since their weights were. */
  private asFloat(sum: Value): Value {
    return this.spec.integers ? this.v.op('f32.fromI32', this.v.shift(sum, 'shr_s', 2)) : sum;
  }

  /** The epilogue on the tile's pixels inside the image, from (y, x) on, where the hook stands. */
  private storePixels(y: Local, x: Local): void {
    const { f } = this.k;
    const { outChannels, outputTile, tile } = this.spec;
    f.scope(() => {
      const results = this.pointer('results');
      const [row, column] = [f.local('i32', 'pixelRow'), f.local('i32', 'pixel')];
      const [height, width] = [f.local('i32', 'height'), f.local('i32', 'width')];
      this.countInside(0, y, height);
      this.countInside(1, x, width);
      const skipped = f.local('i32', 'skipped');
      f.i32(outputTile);
      f.get(width);
      f.op('i32.sub');
      f.scale(tile[1] * 4);
      f.set(skipped);
      const store = (valid: number): void =>
        f.range(row, 0, height, 1, () => {
          this.hook.saved(() =>
            f.range(column, 0, width, 1, () => {
              this.storePixel(results, valid);
              this.hook.advance(2, 1);
              f.increment(results, tile[1] * 4);
            }),
          );
          this.hook.advance(1, 1);
          f.increment(results, skipped);
        });
      withBlockSize(f, { at: this.block, last: this.plan.blocks - 1 }, outChannels, tile[1], store);
    });
  }

  /** The same for planes. A tile that is cut off at the right is the last of its row: how wide it is is known. */
  private storeTurnedRows(y: Local, column: Local): void {
    const { f } = this.k;
    const { blocks, tiles } = this.plan;
    const { outChannels, outputSize, outputTile, tile } = this.spec;
    const [, columns] = tile;
    f.scope(() => {
      const start = this.pointer('results');
      const [row, height] = [f.local('i32', 'pixelRow'), f.local('i32', 'height')];
      this.countInside(0, y, height);
      const store = (pixels: number, valid: number): void =>
        f.range(row, 0, height, 1, () => {
          storeTurned(this.k, this.hook, { start, pixels, columns, valid });
          this.hook.advance(1, 1);
          f.increment(start, outputTile * columns * 4);
        });
      withBlockSize(f, { at: column, last: tiles[1] - 1 }, outputSize[1], outputTile, pixels =>
        withBlockSize(f, { at: this.block, last: blocks - 1 }, outChannels, columns, valid =>
          store(pixels, valid),
        ),
      );
    });
  }

  /** count ← pixels of a tile inside the image along an axis, where its first is number `at` */
  private countInside(axis: 0 | 1, at: Local, count: Local): void {
    const { f } = this.k;
    f.i32(this.spec.outputSize[axis]);
    f.get(at);
    f.op('i32.sub');
    f.set(count);
    limitTo(f, count, this.spec.outputTile);
  }

  private storePixel(results: Local, valid: number): void {
    const { lanes } = this.v;
    for (let j = 0; j < valid; j += lanes)
      this.k.f.scope(() =>
        this.hook.store([0, 0, 0, j], Math.min(lanes, valid - j), this.v.load(results, j * 4)),
      );
  }
}
