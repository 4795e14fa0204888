// The register tile: rows × columns sums of products Σ_k left[row, k] · right[k, column], held in accumulators.
// Convolution and matrix product differ only in where a row's terms lie; that is what `Depth` says.

import { LANES } from '../../../options.ts';
import type { KernelContext } from '../../context.ts';
import type { Lanes, Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { type Ahead, readAhead } from './ahead.ts';

/** Loops over the terms of a sum, outermost first; strides in bytes of the left operand. */
export type Depth = readonly { readonly count: number; readonly stride: number }[];

/** Row r's first term lies at pointer + offset. Rows may share a pointer. */
export interface LeftRow {
  readonly pointer: Local;
  readonly offset: number;
}

/** Operands of one tile, at the pointers' places. */
export interface RegisterTile {
  readonly rows: readonly LeftRow[];
  readonly depth: Depth;
  /** columns, a multiple of the lanes */
  readonly columns: number;
  /** the right operand's panel, [k][columns] */
  readonly panel: Local;
  /** `columns` starting values, the same for every row */
  readonly bias?: Local;
  /** every word of both operands is a pair of 16-bit integers, two terms of a sum; not for scalars */
  readonly pairs?: boolean | undefined;
  /** reads the next panel meanwhile */
  readonly ahead?: Ahead | undefined;
}

/** The widest vectors that so many columns are a multiple of. */
export function tileLanes({ target }: KernelContext, columns: number): Lanes {
  const fitting = ([8, 4, 1] as const).find(lanes => lanes <= LANES[target.simd] && columns % lanes === 0);
  return fitting ?? 1;
}

/** Stores the sums of a tile, row by row, so many bytes apart. */
export function storeSums(
  v: Vectors,
  to: Local,
  rowBytes: number,
  sums: readonly (readonly Value[])[],
): void {
  sums.forEach((row, r) => {
    row.forEach((sum, j) => {
      v.store(to, r * rowBytes + j * v.lanes * 4, sum);
    });
  });
}

/** Levels that continue one another become one; levels of one round vanish. */
export function mergeDepth(depth: Depth): Depth {
  const merged: { count: number; stride: number }[] = [];
  for (const level of depth) {
    const outer = merged.at(-1);
    if (level.count === 1) continue;
    if (outer && outer.stride === level.count * level.stride)
      merged[merged.length - 1] = { count: outer.count * level.count, stride: level.stride };
    else merged.push({ ...level });
  }
  return merged.length ? merged : [{ count: 1, stride: 4 }];
}

/** Terms in one round of the innermost loop: straight-line code long enough to hide the loop itself. */
function unrollOf(count: number): number {
  if (count <= 8) return count;
  return [4, 6, 5, 7].find(unroll => count % unroll === 0) ?? 4;
}

/**
 * Sums that are added up only at the end, for tiles of few rows: a multiply-add takes four cycles and two can
 * start in each, so fewer than eight independent ones leave the unit idle.
 */
function chainsOf(rows: number, columns: number, v: Vectors, unroll: number): number {
  const registers = v.scalar ? 8 : 12;
  const used = rows * (columns / v.lanes);
  return [4, 3, 2].find(chains => chains * used <= registers && chains <= unroll) ?? 1;
}

/**
 * Emits the sums as floats, bias included; pointers of rows and panel are moved. Returns [row][vector of columns].
 */
export function emitRegisterTile(v: Vectors, tile: RegisterTile): Value[][] {
  const sums = emitSums(v, tile);
  return tile.pairs ? asFloats(v, tile, sums) : sums;
}

/** The same as the accumulators hold them: of pairs integers, without the bias. */
export function emitSums(v: Vectors, tile: RegisterTile): Value[][] {
  const { f } = v;
  const inner = tile.depth.at(-1);
  if (!inner) throw new Error('a register tile expects at least one loop over its terms');
  const chains = chainsOf(tile.rows.length, tile.columns, v, unrollOf(inner.count));
  const sums = Array.from({ length: chains }, (_, chain) => startSums(v, tile, chain));
  const level = (index: number): void => {
    const loop = tile.depth[index];
    const next = tile.depth[index + 1];
    if (!loop || !next) {
      emitTerms(v, tile, sums, inner);
      return;
    }
    emitDown(v, loop.count, () => {
      level(index + 1);
      for (const pointer of pointersOf(tile)) f.increment(pointer, loop.stride - next.count * next.stride);
    });
  };
  level(0);
  const [first = [], ...rest] = sums;
  for (const chain of rest)
    first.forEach((row, r) => {
      row.forEach((sum, j) => {
        v.update(tile.pairs ? 'i32.add' : 'f32.add', sum, at(chain, r, j));
      });
    });
  return first;
}

/** Of all rows, each once. */
export const pointersOf = ({ rows }: RegisterTile): Local[] => [
  ...new Set(rows.map(({ pointer }) => pointer)),
];

/** Fewest terms of a chain for which it takes a part of its own. */
const LEAST_PART = 64;

/**
 * The innermost loop. Chains take its terms in turn, or of a long sum a part each: the panel is read at several places
 * at once then, and comes faster where it comes from memory.
 */
function emitTerms(
  v: Vectors,
  tile: RegisterTile,
  sums: readonly (readonly (readonly Value[])[])[],
  { count, stride }: Depth[number],
): void {
  const { f } = v;
  const advance = (terms: number): void => {
    for (const pointer of pointersOf(tile)) f.increment(pointer, terms * stride);
    f.increment(tile.panel, terms * tile.columns * 4);
  };
  const round = (terms: readonly (readonly [chain: number, term: number])[], forward: number): void =>
    f.scope(() => {
      for (const [chain, term] of terms) f.scope(() => emitTerm(v, tile, sums[chain] ?? [], term, stride));
      advance(forward);
      if (tile.ahead) readAhead(f, tile.ahead, terms.length * tile.columns * 4);
    });
  const inTurn = (terms: number): void =>
    round(
      Array.from({ length: terms }, (_, k) => [k % sums.length, k] as const),
      terms,
    );
  const part = Math.floor(count / sums.length);
  if (sums.length === 1 || part < LEAST_PART) {
    emitRounds(v, count, unrollOf(count), inTurn);
    return;
  }
  emitRounds(v, part, 2, each =>
    round(
      sums.flatMap((_, chain) => Array.from({ length: each }, (_, k) => [chain, chain * part + k] as const)),
      each,
    ),
  );
  advance((sums.length - 1) * part);
  const rest = count - sums.length * part;
  if (rest) inTurn(rest);
}

/** Sums of integers as floats, plus the bias. */
function asFloats(v: Vectors, { bias }: RegisterTile, sums: readonly (readonly Value[])[]): Value[][] {
  return sums.map(row =>
    row.map((sum, j) =>
      v.scoped(() => {
        const float = v.op('f32.fromI32', sum);
        return bias ? v.op('f32.add', float, v.load(bias, j * v.lanes * 4)) : float;
      }),
    ),
  );
}

function at(sums: readonly (readonly Value[])[], row: number, vector: number): Value {
  const value = sums[row]?.[vector];
  if (!value) throw new Error(`no accumulator ${row}, ${vector}`);
  return value;
}

/** Accumulators of one chain; the first starts with the bias, the others with zero. */
function startSums(v: Vectors, tile: RegisterTile, chain: number): Value[][] {
  const vectors = tile.columns / v.lanes;
  const { bias, pairs } = tile;
  const type = pairs ? 'i32' : 'f32';
  const sums = tile.rows.map(() => Array.from({ length: vectors }, () => v.fresh(type, 'sum')));
  for (let j = 0; j < vectors; j++)
    v.f.scope(() => {
      const biased = bias && chain === 0 && !pairs;
      const start = biased ? v.load(bias, j * v.lanes * 4) : v.constant(type, 0);
      for (const row of sums) v.assign(at([row], 0, j), start);
    });
  return sums;
}

/** One term: every row's left element times the panel's row of columns, which stays in registers for several rows. */
function emitTerm(
  v: Vectors,
  tile: RegisterTile,
  sums: readonly (readonly Value[])[],
  k: number,
  stride: number,
): void {
  const once = tile.rows.length === 1;
  const load = (j: number): Value => v.load(tile.panel, (k * tile.columns + j * v.lanes) * 4);
  const vectors = Array.from({ length: tile.columns / v.lanes }, (_, j) => (once ? undefined : load(j)));
  tile.rows.forEach((row, r) => {
    v.f.scope(() => {
      const left = v.loadSplat(row.pointer, row.offset + k * stride);
      vectors.forEach((held, j) => {
        v.f.scope(() => {
          const sum = at(sums, r, j);
          const right = held ?? load(j);
          if (tile.pairs) v.accumulatePairs(sum, left, right);
          else v.accumulate(sum, left, right);
        });
      });
    });
  });
}

/** `count` terms, `unroll` at a time, the rest once. */
function emitRounds(v: Vectors, count: number, unroll: number, step: (terms: number) => void): void {
  emitDown(v, Math.floor(count / unroll), () => step(unroll));
  if (count % unroll) step(count % unroll);
}

/** Runs `body` `count` times. */
export function emitDown(v: Vectors, count: number, body: () => void): void {
  if (count <= 1) {
    if (count === 1) body();
    return;
  }
  const { f } = v;
  f.scope(() => {
    const left = f.local('i32', 'left');
    f.assign(left, count);
    f.loop(again => {
      body();
      f.get(left);
      f.i32(1);
      f.op('i32.sub');
      f.tee(left);
      f.brIf(again);
    });
  });
}
