// The hook through which kernel templates run fused expressions: expression, memory operands and their pointers
// in one. A template seeks to a tile, then asks for results at displacements inside it; what is fused
// it neither knows nor needs to.
//
//   const post = epilogueHook(k, v, spec.epilogue, 3);      once per function
//   post.seek([n, y, x, channel]);                          per tile
//   post.store([0, 0, row, 4 * column], 4, accumulator);    per vector of the tile

import type { Expression } from '../../fusion/types.ts';
import { dtypeInfo } from '../../ir/dtypes.ts';
import type { Access, Epilogue, Prologue } from '../../select/spec/access.ts';
import type { KernelContext } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { loadLanes, storeLanes } from '../vector/load-store.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { Operand32 } from '../wasm/function.ts';
import { ExpressionEmitter } from './expression.ts';

/** Elements along each axis of the iteration space; left out is 0. */
export type Displacement = readonly number[];

interface HookParts {
  readonly expression: Expression;
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
  /** inputs before those that are read: 1 with an anchor's result, else 0 */
  readonly carried: 0 | 1;
  /** axis along which lanes run; -1 when all lanes stand at the same element */
  readonly vectorAxis: number;
}

/** An expression with its operands and results in memory, standing at an element of its iteration space. */
export class Hook {
  readonly vectorAxis: number;
  private readonly v: Vectors;
  private readonly parts: HookParts;
  private readonly emitter: ExpressionEmitter;
  private readonly cursor: Cursor;

  /** Takes pointers from the current scope, so make it where they must live. */
  constructor(k: KernelContext, v: Vectors, parts: HookParts) {
    this.v = v;
    this.parts = parts;
    this.vectorAxis = parts.vectorAxis;
    const narrow = parts.writes.map(({ dtype }) => dtypeInfo(dtype).bits <= 16);
    this.emitter = new ExpressionEmitter(v, parts.expression, narrow);
    this.cursor = new Cursor(k, [...parts.reads, ...parts.writes]);
  }

  /** Points at the element with these indices (constants or i32 locals; left out is 0). */
  seek(indices?: readonly (Operand32 | undefined)[]): void {
    this.cursor.seek(indices);
  }

  /** Moves `count` elements along an axis. */
  advance(axis: number, count: number): void {
    this.cursor.advance(axis, count);
  }

  /** Runs `body`, then stands where it stood before. */
  saved(body: () => void): void {
    this.cursor.saved(body);
  }

  /**
   * Computes once, here, what does not vary along `axes`; `body` then reuses it at any displacement along these
   * axes and none along others. 'all': what is one number for the whole kernel. Seek first.
   */
  hoist(axes: readonly number[] | 'all', body: () => void, count: number = this.v.lanes): void {
    const varies = (access: Access): boolean =>
      access.strides.some((stride, axis) => stride !== 0 && (axes === 'all' || axes.includes(axis)));
    const invariant = (input: number): boolean => {
      const access = this.parts.reads[input - this.parts.carried];
      return access !== undefined && !varies(access);
    };
    this.emitter.hoist(invariant, index => this.read(index, [], count, undefined), body);
  }

  /** All results at the current element + displacement, of `count` lanes. In locals of the caller's scope. */
  evaluate(
    displacement: Displacement = [],
    count: number = this.v.lanes,
    carried?: Value,
    given?: ReadonlyMap<number, Value>,
  ): Value[] {
    return this.emitter.evaluate(
      index => given?.get(index) ?? this.read(index, displacement, count, carried),
    );
  }

  /** The only result; with vectorAxis -1 one value in every lane. */
  value(displacement: Displacement = [], count: number = this.v.lanes, carried?: Value): Value {
    const [value] = this.evaluate(displacement, count, carried);
    if (!value) throw new Error('an expression without a result');
    return value;
  }

  /** Computes all results and stores the first `count` lanes of each. `given`: inputs that need no reading. */
  store(
    displacement: Displacement = [],
    count: number = this.v.lanes,
    carried?: Value,
    given?: ReadonlyMap<number, Value>,
  ): void {
    this.v.f.scope(() => {
      this.evaluate(displacement, count, carried, given).forEach((value, r) => {
        const index = this.parts.reads.length + r;
        storeLanes(this.v, this.cursor.place(index, displacement, this.vectorAxis), value, count);
      });
    });
  }

  /** Loads input `index` with its lanes along another axis. */
  readAlong(axis: number, index: number, displacement: Displacement): Value {
    const place = this.cursor.place(index - this.parts.carried, displacement, axis);
    return loadLanes(this.v, place, this.v.lanes);
  }

  private read(index: number, displacement: Displacement, count: number, carried: Value | undefined): Value {
    if (index < this.parts.carried) {
      if (!carried) throw new Error('an epilogue needs the result of its kernel');
      return carried;
    }
    const place = this.cursor.place(index - this.parts.carried, displacement, this.vectorAxis);
    return loadLanes(this.v, place, count);
  }
}

/** Hook for what happens to an input as it is read. Lanes along `vectorAxis`, or -1: one element in all lanes. */
export const prologueHook = (k: KernelContext, v: Vectors, prologue: Prologue, vectorAxis: number): Hook =>
  new Hook(k, v, { ...prologue, writes: [], carried: 0, vectorAxis });

/** Hook for what happens to a kernel's result before it is stored; pass the result as `carried`. */
export const epilogueHook = (k: KernelContext, v: Vectors, epilogue: Epilogue, vectorAxis: number): Hook =>
  new Hook(k, v, { ...epilogue, carried: 1, vectorAxis });

/** Hook for an elementwise body: everything is read from memory. */
export const bodyHook = (k: KernelContext, v: Vectors, body: Epilogue, vectorAxis: number): Hook =>
  new Hook(k, v, { ...body, carried: 0, vectorAxis });

/** The access a prologue merely reads as f32, nothing else fused; undefined otherwise. */
export const plainRead = ({ expression, reads }: Prologue): Access | undefined => {
  const [result] = expression.results;
  const node = expression.nodes[result ?? -1];
  const access = node?.kind === 'input' ? reads[node.index] : undefined;
  return access?.dtype === 'float32' ? access : undefined;
};
