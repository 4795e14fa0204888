// Builds one WebAssembly function and checks it while it is written: the operand stack is tracked by type,
// so a wrong instruction fails where it stands, not when the module is compiled.
// Code goes straight into bytes; nothing is kept per instruction.

import { ByteWriter } from './bytes.ts';
import {
  type LaneOp,
  type MemoryLaneOp,
  type MemoryOp,
  OPCODES,
  type Opcode,
  type PlainOp,
  type ValueType,
} from './opcodes.ts';

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** A function of the module, imported or defined. */
export interface FunctionHandle {
  readonly index: number;
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface GlobalHandle {
  readonly index: number;
  readonly type: ValueType;
  readonly mutable: boolean;
}

/** A structured block that can be branched to. */
export interface Label {
  /** position from the outermost block */
  readonly level: number;
}

interface Frame extends Label {
  readonly kind: 'function' | 'block' | 'loop' | 'if' | 'else';
  readonly height: number;
  readonly results: readonly ValueType[];
  unreachable: boolean;
}

/** A bound of a loop, or any i32 operand: a constant or a local. */
export type Operand32 = number | Local;

export const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const NO_RESULT = 0x40;

/** One function while it is written. */
export class FunctionBuilder {
  readonly name: string;
  readonly params: readonly Local[];
  readonly results: readonly ValueType[];
  /** names of locals, for the disassembly */
  readonly localNames: string[] = [];
  private readonly code = new ByteWriter(1024);
  private readonly types: ValueType[] = [];
  private readonly free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private scopeLocals: Local[] = [];
  private readonly stack: ValueType[] = [];
  private readonly frames: Frame[] = [];

  constructor(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    paramNames: readonly string[] = [],
  ) {
    this.name = name;
    this.results = results;
    this.params = params.map((type, index) => this.declare(type, paramNames[index] ?? `p${index}`));
    this.frames.push({ kind: 'function', level: 0, height: 0, results, unreachable: false });
  }

  // ---- locals

  private declare(type: ValueType, name: string): Local {
    this.localNames.push(name);
    return { index: this.types.push(type) - 1, type };
  }

  /** A local, its value undefined: a released one is used again. Released at the end of the enclosing `scope`. */
  local(type: ValueType, name: string = type): Local {
    const local = this.free[type].pop() ?? this.declare(type, name);
    this.scopeLocals.push(local);
    return local;
  }

  locals(count: number, type: ValueType, name?: string): Local[] {
    return Array.from({ length: count }, (_, k) => this.local(type, name && `${name}${k}`));
  }

  /** Runs `body`; the locals it takes are released afterwards. */
  scope<T>(body: () => T): T {
    const outer = this.scopeLocals;
    this.scopeLocals = [];
    const result = body();
    // Last taken, last out: the next scope gets the same locals in the same order.
    for (const local of this.scopeLocals.reverse()) this.free[local.type].push(local);
    this.scopeLocals = outer;
    return result;
  }

  get(local: Local): void {
    this.code.byte(0x20);
    this.code.unsigned(local.index);
    this.stack.push(local.type);
  }

  set(local: Local): void {
    this.pop(local.type, 'local.set');
    this.code.byte(0x21);
    this.code.unsigned(local.index);
  }

  tee(local: Local): void {
    this.pop(local.type, 'local.tee');
    this.stack.push(local.type);
    this.code.byte(0x22);
    this.code.unsigned(local.index);
  }

  globalGet(global: GlobalHandle): void {
    this.code.byte(0x23);
    this.code.unsigned(global.index);
    this.stack.push(global.type);
  }

  globalSet(global: GlobalHandle): void {
    if (!global.mutable) this.fail('global.set of an immutable global');
    this.pop(global.type, 'global.set');
    this.code.byte(0x24);
    this.code.unsigned(global.index);
  }

  // ---- instructions

  /** An instruction without immediates. */
  op(name: PlainOp): void {
    const op = OPCODES[name];
    this.apply(op);
    if (op.immediates === 'zero') this.code.byte(0);
    else if (op.immediates === 'zerozero') {
      this.code.byte(0);
      this.code.byte(0);
    }
  }

  /** A load, store or atomic at (address on the stack) + offset bytes. */
  memory(name: MemoryOp, offset = 0): void {
    const op = OPCODES[name];
    this.apply(op);
    this.memoryArgument(op, offset);
  }

  /** A lane load or store at (address below the vector on the stack) + offset bytes. */
  memoryLane(name: MemoryLaneOp, offset: number, lane: number): void {
    const op = OPCODES[name];
    this.apply(op);
    this.memoryArgument(op, offset);
    this.code.byte(lane);
  }

  lane(name: LaneOp, lane: number): void {
    this.apply(OPCODES[name]);
    this.code.byte(lane);
  }

  /** i8x16.shuffle: byte k of the result is byte lanes[k] of the two vectors laid end to end. */
  shuffle(lanes: readonly number[]): void {
    if (lanes.length !== 16) this.fail(`shuffle expects 16 lanes, got ${lanes.length}`);
    this.apply(OPCODES['i8x16.shuffle']);
    for (const lane of lanes) this.code.byte(lane);
  }

  /** Shuffle of 32-bit lanes: four numbers 0–7. */
  shuffle32(lanes: readonly number[]): void {
    this.shuffle(lanes.flatMap(lane => [0, 1, 2, 3].map(byte => lane * 4 + byte)));
  }

  i32(value: number): void {
    this.code.byte(0x41);
    this.code.signed(value);
    this.stack.push('i32');
  }

  i64(value: bigint): void {
    this.code.byte(0x42);
    this.code.signed64(value);
    this.stack.push('i64');
  }

  f32(value: number): void {
    this.code.byte(0x43);
    this.code.f32(value);
    this.stack.push('f32');
  }

  f64(value: number): void {
    this.code.byte(0x44);
    this.code.f64(value);
    this.stack.push('f64');
  }

  /** A vector constant of four equal f32. */
  f32x4(value: number): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 4; lane++) this.code.f32(value);
    this.stack.push('v128');
  }

  /** A vector constant of four i32: one for all, or one each. */
  i32x4(value: number | readonly number[]): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 4; lane++)
      this.code.i32(typeof value === 'number' ? value : (value[lane] ?? 0));
    this.stack.push('v128');
  }

  call(callee: FunctionHandle): void {
    for (let k = callee.params.length - 1; k >= 0; k--)
      this.pop(callee.params[k] as ValueType, `call ${callee.name}`);
    this.code.byte(0x10);
    this.code.unsigned(callee.index);
    for (const type of callee.results) this.stack.push(type);
  }

  drop(): void {
    this.popAny('drop');
    this.code.byte(0x1a);
  }

  /** a, b, i32 → a where the i32 is not 0, else b; a and b of one numeric type. */
  select(): void {
    this.pop('i32', 'select');
    const type = this.popAny('select');
    this.pop(type, 'select');
    if (type === 'v128') this.fail('select expected a number on the stack, got v128 (use v128.bitselect)');
    this.stack.push(type);
    this.code.byte(0x1b);
  }

  // ---- control

  /** A block; branching to its label leaves it. */
  block(body: (label: Label) => void, result?: ValueType): void {
    this.structured('block', 0x02, result, body);
  }

  /** A loop; branching to its label starts the next round. */
  loop(body: (label: Label) => void): void {
    this.structured('loop', 0x03, undefined, body);
  }

  /** Takes an i32 from the stack. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void, result?: ValueType): void {
    this.pop('i32', 'if');
    const frame = this.open('if', 0x04, result);
    then(frame);
    if (otherwise) {
      this.close(frame);
      this.code.byte(0x05);
      const second: Frame = { ...frame, kind: 'else', unreachable: false };
      this.frames.push(second);
      otherwise(second);
      this.close(second);
    } else {
      if (result) this.fail(`an if with result ${result} needs an else`);
      this.close(frame);
    }
    this.end(frame);
  }

  br(label: Label): void {
    this.branch(0x0c, label);
    this.setUnreachable();
  }

  /** Takes an i32 from the stack, branches where it is not 0. */
  brIf(label: Label): void {
    this.pop('i32', 'br_if');
    this.branch(0x0d, label);
    const frame = this.frames[label.level];
    if (frame && frame.kind !== 'loop') for (const type of frame.results) this.stack.push(type);
  }

  return(): void {
    for (let k = this.results.length - 1; k >= 0; k--) this.pop(this.results[k] as ValueType, 'return');
    this.code.byte(0x0f);
    this.setUnreachable();
  }

  unreachable(): void {
    this.code.byte(0x00);
    this.setUnreachable();
  }

  // ---- helpers over the instructions

  /** Pushes a constant or a local. */
  operand(value: Operand32): void {
    if (typeof value === 'number') this.i32(value);
    else this.get(value);
  }

  /** local += amount */
  increment(local: Local, amount: Operand32): void {
    this.get(local);
    this.operand(amount);
    this.op('i32.add');
    this.set(local);
  }

  /** i32 on the stack · factor (shift where it can be); nothing for 1. */
  scale(factor: number): void {
    if (factor === 1) return;
    const shift = Math.log2(factor);
    this.i32(Number.isInteger(shift) ? shift : factor);
    this.op(Number.isInteger(shift) ? 'i32.shl' : 'i32.mul');
  }

  /**
   * for (variable = begin; variable + step ≤ end; variable += step) body. Without a whole step nothing runs.
   * `variable` then holds the first index not covered, from where a tail goes on.
   */
  range(variable: Local, begin: Operand32, end: Operand32, step: number, body: () => void): void {
    this.operand(begin);
    this.set(variable);
    const constant = typeof begin === 'number' && typeof end === 'number';
    if (constant) {
      const rounds = Math.floor((end - begin) / step);
      if (rounds <= 0) return;
      if (rounds === 1) {
        body();
        this.increment(variable, step);
        return;
      }
    }
    const rounds = (last: Operand32): void =>
      this.loop(label => {
        body();
        this.increment(variable, step);
        this.get(variable);
        this.operand(last);
        this.op('i32.le_s');
        this.brIf(label);
      });
    if (constant) rounds(end - step);
    else this.guardedRounds(variable, end, step, rounds);
  }

  private guardedRounds(
    variable: Local,
    end: Operand32,
    step: number,
    rounds: (last: Operand32) => void,
  ): void {
    const last = typeof end === 'number' ? end - step : this.local('i32', 'last');
    if (typeof last !== 'number') {
      this.operand(end);
      this.i32(step);
      this.op('i32.sub');
      this.set(last);
    }
    this.get(variable);
    this.operand(last);
    this.op('i32.le_s');
    this.if(() => rounds(last));
  }

  // ---- finishing

  /** Locals and code, as they stand in the code section (without the size). */
  finish(): Uint8Array<ArrayBuffer> {
    const [frame] = this.frames;
    if (!frame || this.frames.length !== 1) this.fail('a block is still open');
    this.close(frame);
    this.code.byte(0x0b);
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.types.slice(this.params.length)) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const body = new ByteWriter(this.code.length + 64);
    body.unsigned(runs.length);
    for (const { type, count } of runs) {
      body.unsigned(count);
      body.byte(TYPE_CODES[type]);
    }
    body.append(this.code.bytes());
    return body.bytes();
  }

  // ---- the checker

  private fail(message: string): never {
    throw new Error(`function ${this.name}: ${message}`);
  }

  private top(): Frame {
    return this.frames.at(-1) ?? this.fail('no open block');
  }

  /** The type popped; `expected` stands in where code is unreachable. */
  private pop(expected: ValueType, by: string): void {
    const frame = this.top();
    if (this.stack.length === frame.height) {
      if (!frame.unreachable) this.fail(`${by} expected ${expected} on the stack, got nothing`);
      return;
    }
    const found = this.stack.pop();
    if (found !== expected) this.fail(`${by} expected ${expected} on the stack, got ${found}`);
  }

  private popAny(by: string): ValueType {
    const frame = this.top();
    const found = this.stack.length > frame.height ? this.stack.pop() : undefined;
    return found ?? this.fail(`${by} expected a value on the stack, got nothing`);
  }

  private apply(op: Opcode): void {
    for (let k = op.params.length - 1; k >= 0; k--) this.pop(op.params[k] as ValueType, op.name);
    for (const type of op.results) this.stack.push(type);
    if (op.prefix) this.prefixed(op.prefix, op.code);
    else this.code.byte(op.code);
  }

  private prefixed(prefix: number, code: number): void {
    this.code.byte(prefix);
    this.code.unsigned(code);
  }

  private memoryArgument(op: Opcode, offset: number): void {
    if (!(Number.isInteger(offset) && offset >= 0 && offset < 2 ** 32))
      this.fail(`${op.name} expects an offset from 0 to 2^32 − 1, got ${offset}`);
    this.code.unsigned(op.align);
    this.code.unsigned(offset);
  }

  private open(kind: Frame['kind'], code: number, result: ValueType | undefined): Frame {
    const frame: Frame = {
      kind,
      level: this.frames.length,
      height: this.stack.length,
      results: result ? [result] : [],
      unreachable: false,
    };
    this.code.byte(code);
    this.code.byte(result ? TYPE_CODES[result] : NO_RESULT);
    this.frames.push(frame);
    return frame;
  }

  /** Checks and takes the frame's results and leaves the frame. */
  private close(frame: Frame): void {
    for (let k = frame.results.length - 1; k >= 0; k--)
      this.pop(frame.results[k] as ValueType, `end of ${frame.kind}`);
    if (this.stack.length !== frame.height)
      this.fail(
        `end of ${frame.kind} expected an empty stack, got ${this.stack.slice(frame.height).join(' ')}`,
      );
    this.frames.pop();
  }

  private end(frame: Frame): void {
    this.code.byte(0x0b);
    for (const type of frame.results) this.stack.push(type);
  }

  private structured(
    kind: 'block' | 'loop',
    code: number,
    result: ValueType | undefined,
    body: (label: Label) => void,
  ): void {
    const frame = this.open(kind, code, result);
    body(frame);
    this.close(frame);
    this.end(frame);
  }

  private branch(code: number, label: Label): void {
    const frame = this.frames[label.level];
    if (!frame) this.fail('branch to a block that is closed');
    const results = frame.kind === 'loop' ? [] : frame.results;
    for (let k = results.length - 1; k >= 0; k--) this.pop(results[k] as ValueType, 'branch');
    this.code.byte(code);
    this.code.unsigned(this.frames.length - 1 - label.level);
  }

  private setUnreachable(): void {
    const frame = this.top();
    this.stack.length = frame.height;
    frame.unreachable = true;
  }
}
