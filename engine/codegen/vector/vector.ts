// Vectors of 1, 4 or 8 lanes, so that a kernel is written once for every SIMD class. 1 lane is a plain f32;
// 4 lanes are one v128; 8 lanes are two, and every operation is emitted for both halves one after the other:
// V8's revectorizer then fuses such pairs into one 256-bit instruction. Without it they are still right.
//
// Values are locals, never written twice but by `assign`, `accumulate` and `fill`.

import type { LANES, SimdClass } from '../../options.ts';
import type { FunctionBuilder, FunctionHandle, Local } from '../wasm/function.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import type { PlainOp, ValueType } from '../wasm/opcodes.ts';
import { LANEWISE, type LaneType, type LanewiseOp, lanesIn } from './lanewise.ts';

/** Lanes of 32 bits in a vector. */
export type Lanes = (typeof LANES)[SimdClass];

/** What code is generated for. */
export interface Target {
  readonly simd: SimdClass;
  /** contract a·b + c to one (relaxed) multiply-add */
  readonly fma: boolean;
  readonly threads: number;
}

/** A vector in locals: one per four lanes (f64: per two), or a single scalar. */
export interface Value {
  readonly type: LaneType;
  readonly parts: readonly Local[];
}

const NO_PARTS = 'a vector without parts';

/** Emits operations on vectors of a fixed number of lanes into one function. */
export class Vectors {
  readonly f: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly fma: boolean;
  readonly lanes: Lanes;
  /** locals of a full vector of 32-bit lanes */
  readonly partCount: number;

  constructor(f: FunctionBuilder, module: ModuleBuilder, target: { readonly fma: boolean }, lanes: Lanes) {
    this.f = f;
    this.module = module;
    this.fma = target.fma && lanes > 1;
    this.lanes = lanes;
    this.partCount = lanes === 8 ? 2 : 1;
  }

  get scalar(): boolean {
    return this.lanes === 1;
  }

  /** Type of the locals that hold a part. */
  partType(type: LaneType): ValueType {
    if (!this.scalar) return 'v128';
    return type === 'bool' ? 'i32' : type;
  }

  /** Locals of a full vector of this type. */
  partsOf(type: LaneType): number {
    return this.scalar ? 1 : (this.partCount * 4) / lanesIn(type);
  }

  /** A vector of new locals, undefined until assigned. */
  fresh(type: LaneType, name: string = type, parts = this.partsOf(type)): Value {
    return { type, parts: this.f.locals(parts, this.partType(type), name) };
  }

  release(value: Value): void {
    for (const part of new Set(value.parts)) this.f.release(part);
  }

  /** Runs `body`; of the locals it takes only those of the returned vector stay. */
  scoped(body: () => Value): Value {
    return this.f.scope(body, value => value.parts);
  }

  // ---- constants

  /** The same number in every lane; set once on entry to the function. */
  constant(type: LaneType, value: number | bigint, parts = this.partsOf(type)): Value {
    const number = Number(value);
    const key = `${type}${this.scalar ? '' : 'v'} ${Object.is(value, -0) ? '-0' : value}`;
    const local = this.f.onEntry(key, this.partType(type), () => {
      if (this.scalar) this.scalarConstant(type, value);
      else if (type === 'f32') this.f.f32x4(number);
      else if (type === 'f64') this.f.f64x2(number);
      else if (type === 'i64') this.f.i64x2(BigInt(value));
      else this.f.i32x4(type === 'bool' && number ? -1 : number);
    });
    return this.everywhere(type, local, parts);
  }

  private scalarConstant(type: LaneType, value: number | bigint): void {
    if (type === 'i64') this.f.i64(BigInt(value));
    else if (type === 'f64') this.f.f64(Number(value));
    else if (type === 'f32') this.f.f32(Number(value));
    else this.f.i32(Number(value));
  }

  f32(value: number): Value {
    return this.constant('f32', value);
  }

  i32(value: number): Value {
    return this.constant('i32', value);
  }

  // ---- lane-wise operations

  /** The operation on every lane of the arguments. */
  op(name: LanewiseOp, ...args: readonly Value[]): Value {
    const { simd, scalar, result }: { simd: PlainOp; scalar?: PlainOp; result: LaneType } = LANEWISE[name];
    if (!this.scalar) return this.emit(result, simd, args);
    if (scalar) return this.emit(result, scalar, args);
    return this.choose(name, args);
  }

  /** One instruction on every part. */
  private emit(result: LaneType, instruction: PlainOp, args: readonly Value[]): Value {
    return this.map(result, args, () => this.f.op(instruction));
  }

  /** For each part: pushes the arguments' parts, runs `instructions`, keeps what they leave. */
  map(result: LaneType, args: readonly Value[], instructions: (part: number) => void): Value {
    let count = args[0]?.parts.length ?? 0;
    // What is the same in all parts stays so and is computed once.
    let uniform = true;
    for (const { parts } of args) {
      count = Math.min(count, parts.length);
      uniform &&= parts.length === 1 || parts.every(part => part === parts[0]);
    }
    const out = this.fresh(result, result, uniform ? 1 : count);
    out.parts.forEach((target, k) => {
      for (const arg of args) this.f.get(this.part(arg, k));
      instructions(k);
      this.f.set(target);
    });
    return uniform && count > 1 ? this.everywhere(result, this.part(out, 0), count) : out;
  }

  /** The same local as every part. */
  everywhere(type: LaneType, part: Local, parts = this.partsOf(type)): Value {
    return { type, parts: parts === 1 ? [part] : new Array<Local>(parts).fill(part) };
  }

  part(value: Value, k: number): Local {
    const part = value.parts[k];
    if (!part) throw new Error(NO_PARTS);
    return part;
  }

  /** Minimum and maximum by comparison, where there is no scalar instruction. */
  private choose(name: LanewiseOp, [a, b]: readonly Value[]): Value {
    if (!a || !b) throw new Error(`${name} expects two arguments`);
    if (name === 'f32.pmin') return this.select(this.op('f32.lt', b, a), b, a);
    if (name === 'f32.pmax') return this.select(this.op('f32.lt', a, b), b, a);
    if (name === 'i32.min') return this.select(this.op('i32.lt', b, a), b, a);
    if (name === 'i32.max') return this.select(this.op('i32.lt', a, b), b, a);
    throw new Error(`no scalar instruction for ${name}`);
  }

  /** a·b + c: one instruction, rounded once, where the target has it. */
  madd(a: Value, b: Value, c: Value): Value {
    const type = a.type;
    if (this.fma && (type === 'f32' || type === 'f64'))
      return this.emit(type, type === 'f32' ? 'f32x4.relaxed_madd' : 'f64x2.relaxed_madd', [a, b, c]);
    const product = this.op(`${type}.mul` as LanewiseOp, a, b);
    const sum = this.op(`${type}.add` as LanewiseOp, product, c);
    this.release(product);
    return sum;
  }

  /** Lanes of `yes` where the mask is set, of `no` elsewhere. */
  select(mask: Value, yes: Value, no: Value): Value {
    return this.map(yes.type, [yes, no, mask], () => {
      if (this.scalar) this.f.select();
      else this.f.op('v128.bitselect');
    });
  }

  /** 0 where the mask is set, the value elsewhere. */
  zeroWhere(mask: Value, value: Value): Value {
    if (this.scalar) return this.select(mask, this.f32(0), value);
    return this.map(value.type, [value, mask], () => this.f.op('v128.andnot'));
  }

  /** The first `count` lanes of a vector, `filler` in the others; parts that are missing are left out. */
  keepLanes(value: Value, count: number, filler: number | bigint): Value {
    const { type, parts } = value;
    const width = lanesIn(type);
    const out = this.fresh(type, type, parts.length);
    const isKept = (part: number, word: number): boolean =>
      width * part + Math.floor((word * width) / 4) < count;
    out.parts.forEach((target, k) => {
      this.f.get(this.part(value, k));
      if (count < width * (k + 1) && !this.scalar) {
        this.f.get(this.part(this.constant(type, filler), 0));
        this.f.i32x4([0, 1, 2, 3].map(word => (isKept(k, word) ? -1 : 0)));
        this.f.op('v128.bitselect');
      }
      this.f.set(target);
    });
    return out;
  }

  /** Runs `body` where some lane of the mask is set. */
  ifAny(mask: Value, body: () => void): void {
    mask.parts.forEach((part, k) => {
      this.f.get(part);
      if (!this.scalar) this.f.op('v128.any_true');
      if (k > 0) this.f.op('i32.or');
    });
    this.f.if(body);
  }

  /** Pushes an i32 whose bits say which lanes of the mask are set, the first lane lowest. */
  pushMask(mask: Value): void {
    mask.parts.forEach((part, k) => {
      this.f.get(part);
      if (!this.scalar) this.f.op('i32x4.bitmask');
      if (k === 0) return;
      this.f.i32(4 * k);
      this.f.op('i32.shl');
      this.f.op('i32.or');
    });
  }

  /** Shift of i32 or i64 lanes by a constant. */
  shift(value: Value, by: 'shl' | 'shr_s' | 'shr_u', bits: number): Value {
    return this.map(value.type, [value], () => {
      const wide = value.type === 'i64';
      if (!this.scalar) {
        this.f.i32(bits);
        this.f.op(`${wide ? 'i64x2' : 'i32x4'}.${by}`);
      } else if (wide) {
        this.f.i64(BigInt(bits));
        this.f.op(`i64.${by}`);
      } else {
        this.f.i32(bits);
        this.f.op(`i32.${by}`);
      }
    });
  }

  /** The same bits as another type. A vector costs nothing. */
  bits(value: Value, type: LaneType): Value {
    if (!this.scalar) return { type, parts: value.parts };
    const instruction = `${type}.reinterpret_${value.type}` as PlainOp;
    return this.emit(type, instruction, [value]);
  }

  /**
   * Every part through a function of vectors (of scalars when scalar). V8's revectorizer (14.6) aborts the
   * process when it meets two calls as a pair, so results of pairs go through a lane, which it leaves alone.
   */
  callParts(result: LaneType, callee: FunctionHandle, args: readonly Value[]): Value {
    const called = this.map(result, args, () => this.f.call(callee));
    if (this.lanes < 8) return called;
    for (const part of new Set(called.parts)) {
      this.f.get(part);
      this.f.get(part);
      this.f.lane('i32x4.extract_lane', 0);
      this.f.lane('i32x4.replace_lane', 0);
      this.f.set(part);
    }
    return called;
  }

  // ---- assignment

  /** target ← source; parts that the source lacks keep what they hold */
  assign(target: Value, source: Value): void {
    source.parts.forEach((part, k) => {
      this.f.assign(this.part(target, k), part);
    });
  }

  /** target ← the number in every lane */
  fill(target: Value, number: number): void {
    this.assign(target, this.constant(target.type, number));
  }

  /** target ← a·b + target */
  accumulate(target: Value, a: Value, b: Value): void {
    target.parts.forEach((part, k) => {
      if (!this.fma) this.f.get(part);
      this.f.get(this.part(a, k));
      this.f.get(this.part(b, k));
      if (this.fma) {
        this.f.get(part);
        this.f.op('f32x4.relaxed_madd');
      } else {
        this.f.op(this.scalar ? 'f32.mul' : 'f32x4.mul');
        this.f.op(this.scalar ? 'f32.add' : 'f32x4.add');
      }
      this.f.set(part);
    });
  }

  /**
   * target (i32) ← a·b + target, a and b pairs of 16-bit integers: two exact products in every lane. Not for scalars.
   */
  accumulatePairs(target: Value, a: Value, b: Value): void {
    target.parts.forEach((part, k) => {
      this.f.get(this.part(a, k));
      this.f.get(this.part(b, k));
      this.f.op('i32x4.dot_i16x8_s');
      this.f.get(part);
      this.f.op('i32x4.add');
      this.f.set(part);
    });
  }

  /** target ← target op value */
  update(name: LanewiseOp, target: Value, value: Value): void {
    this.f.scope(() => this.assign(target, this.op(name, target, value)));
  }

  // ---- f32 in memory, at (pointer + offset) bytes; see load-store.ts for other types and strides

  /** `lanes` f32 one after the other. */
  load(pointer: Local, offset: number): Value {
    const out = this.fresh('f32');
    out.parts.forEach((part, k) => {
      this.f.get(pointer);
      this.f.memory(this.scalar ? 'f32.load' : 'v128.load', offset + 16 * k);
      this.f.set(part);
    });
    return out;
  }

  /** One f32 in every lane. */
  loadSplat(pointer: Local, offset: number): Value {
    const [part] = this.f.locals(1, this.partType('f32'), 'splat');
    if (!part) throw new Error(NO_PARTS);
    this.f.get(pointer);
    this.f.memory(this.scalar ? 'f32.load' : 'v128.load32_splat', offset);
    this.f.set(part);
    return this.everywhere('f32', part);
  }

  store(pointer: Local, offset: number, value: Value): void {
    value.parts.forEach((part, k) => {
      this.f.get(pointer);
      this.f.get(part);
      this.f.memory(this.scalar ? 'f32.store' : 'v128.store', offset + 16 * k);
    });
  }

  // ---- across lanes

  /** Pushes the f32 that `op` makes of all lanes. */
  reduce(op: 'f32.add' | 'f32.mul' | 'f32.min' | 'f32.max' | 'f32.pmax', value: Value): void {
    const [first] = value.parts;
    if (!first) throw new Error(NO_PARTS);
    if (this.scalar) {
      this.f.get(first);
      return;
    }
    const simd = LANEWISE[op].simd;
    this.f.scope(() => {
      const sum = this.f.local('v128', 'lanes');
      for (const part of value.parts) this.f.get(part);
      for (let k = 1; k < value.parts.length; k++) this.f.op(simd);
      this.f.set(sum);
      for (const lanes of [
        [2, 3, 0, 1],
        [1, 0, 3, 2],
      ]) {
        this.f.get(sum);
        this.f.get(sum);
        this.f.get(sum);
        this.f.shuffle32(lanes);
        this.f.op(simd);
        this.f.set(sum);
      }
      this.f.get(sum);
      this.f.lane('f32x4.extract_lane', 0);
    });
  }

  /** The f32 on the stack in every lane. */
  splat(): Value {
    const part = this.f.local(this.partType('f32'), 'splat');
    if (!this.scalar) this.f.op('f32x4.splat');
    this.f.set(part);
    return this.everywhere('f32', part);
  }
}
