// Writes checked instructions: the operand stack is tracked by type, so a wrong instruction fails where it stands,
// not when the module is compiled. Code goes straight into bytes; nothing is kept per instruction.

import { ByteWriter } from './bytes.ts';
import { Checker, type Frame, type Label } from './checker.ts';
import type { Local } from './locals.ts';
import {
  type LaneOp,
  type MemoryLaneOp,
  type MemoryOp,
  OPCODES,
  type Opcode,
  type PlainOp,
  TYPE_CODES,
  type ValueType,
} from './opcodes.ts';

/** A function of the module, imported or defined. */
export interface FunctionHandle {
  readonly index: number;
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A global of the module. */
export interface GlobalHandle {
  readonly index: number;
  readonly type: ValueType;
  readonly mutable: boolean;
}

const NO_RESULT = 0x40;

/** The instructions of one function. */
export class CodeWriter {
  readonly name: string;
  readonly results: readonly ValueType[];
  protected code = new ByteWriter(1024);
  protected readonly checker: Checker;
  protected readonly body: Frame;

  constructor(name: string, results: readonly ValueType[]) {
    this.name = name;
    this.results = results;
    this.checker = new Checker(name);
    this.body = this.checker.open('function', results);
  }

  get(local: Local): void {
    this.code.byte(0x20);
    this.code.unsigned(local.index);
    this.checker.push(local.type);
  }

  set(local: Local): void {
    this.checker.pop(local.type, 'local.set');
    this.code.byte(0x21);
    this.code.unsigned(local.index);
  }

  tee(local: Local): void {
    this.checker.pop(local.type, 'local.tee');
    this.checker.push(local.type);
    this.code.byte(0x22);
    this.code.unsigned(local.index);
  }

  globalGet(global: GlobalHandle): void {
    this.code.byte(0x23);
    this.code.unsigned(global.index);
    this.checker.push(global.type);
  }

  globalSet(global: GlobalHandle): void {
    if (!global.mutable) this.checker.fail('global.set of an immutable global');
    this.checker.pop(global.type, 'global.set');
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
    if (lanes.length !== 16) this.checker.fail(`shuffle expects 16 lanes, got ${lanes.length}`);
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
    this.checker.push('i32');
  }

  i64(value: bigint): void {
    this.code.byte(0x42);
    this.code.signed64(value);
    this.checker.push('i64');
  }

  f32(value: number): void {
    this.code.byte(0x43);
    this.code.f32(value);
    this.checker.push('f32');
  }

  f64(value: number): void {
    this.code.byte(0x44);
    this.code.f64(value);
    this.checker.push('f64');
  }

  /** A vector constant of four equal f32. */
  f32x4(value: number): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 4; lane++) this.code.f32(value);
    this.checker.push('v128');
  }

  /** A vector constant of four i32: one for all, or one each. */
  i32x4(value: number | readonly number[]): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 4; lane++)
      this.code.i32(typeof value === 'number' ? value : (value[lane] ?? 0));
    this.checker.push('v128');
  }

  /** A vector constant of two equal f64. */
  f64x2(value: number): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 2; lane++) this.code.f64(value);
    this.checker.push('v128');
  }

  /** A vector constant of two equal i64. */
  i64x2(value: bigint): void {
    this.prefixed(0xfd, 12);
    for (let lane = 0; lane < 2; lane++) {
      this.code.i32(Number(BigInt.asIntN(32, value)));
      this.code.i32(Number(BigInt.asIntN(32, value >> 32n)));
    }
    this.checker.push('v128');
  }

  call(callee: FunctionHandle): void {
    this.checker.popAll(callee.params, `call ${callee.name}`);
    this.code.byte(0x10);
    this.code.unsigned(callee.index);
    this.checker.pushAll(callee.results);
  }

  drop(): void {
    this.checker.popAny('drop');
    this.code.byte(0x1a);
  }

  /** a, b, i32 → a where the i32 is not 0, else b; a and b of one numeric type. */
  select(): void {
    this.checker.pop('i32', 'select');
    const type = this.checker.popAny('select');
    this.checker.pop(type, 'select');
    if (type === 'v128')
      this.checker.fail('select expected a number on the stack, got v128 (use v128.bitselect)');
    this.checker.push(type);
    this.code.byte(0x1b);
  }

  // ---- control

  /** A block; branching to its label leaves it. */
  block(body: (label: Label) => void, result?: ValueType): void {
    const frame = this.open('block', 0x02, result);
    body(frame);
    this.end(frame);
  }

  /** A loop; branching to its label starts the next round. */
  loop(body: (label: Label) => void): void {
    const frame = this.open('loop', 0x03, undefined);
    body(frame);
    this.end(frame);
  }

  /** Takes an i32 from the stack. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void, result?: ValueType): void {
    this.checker.pop('i32', 'if');
    const frame = this.open('if', 0x04, result);
    then(frame);
    if (!otherwise) {
      if (result) this.checker.fail(`an if with result ${result} needs an else`);
      this.end(frame);
      return;
    }
    this.checker.close(frame);
    this.code.byte(0x05);
    const second = this.checker.open('else', frame.results);
    otherwise(second);
    this.end(second);
  }

  br(label: Label): void {
    this.branch(0x0c, label);
    this.checker.setUnreachable();
  }

  /** Takes an i32 from the stack, branches where it is not 0. */
  brIf(label: Label): void {
    this.checker.pop('i32', 'br_if');
    this.branch(0x0d, label);
  }

  private branch(code: number, label: Label): void {
    const depth = this.checker.branch(label);
    this.code.byte(code);
    this.code.unsigned(depth);
  }

  return(): void {
    this.checker.popAll(this.results, 'return');
    this.code.byte(0x0f);
    this.checker.setUnreachable();
  }

  unreachable(): void {
    this.code.byte(0x00);
    this.checker.setUnreachable();
  }

  // ---- writing

  private apply(op: Opcode): void {
    this.checker.apply(op);
    if (op.prefix) this.prefixed(op.prefix, op.code);
    else this.code.byte(op.code);
  }

  private prefixed(prefix: number, code: number): void {
    this.code.byte(prefix);
    this.code.unsigned(code);
  }

  private memoryArgument(op: Opcode, offset: number): void {
    if (!(Number.isInteger(offset) && offset >= 0 && offset < 2 ** 32))
      this.checker.fail(`${op.name} expects an offset from 0 to 2^32 − 1, got ${offset}`);
    this.code.unsigned(op.align);
    this.code.unsigned(offset);
  }

  private open(kind: Frame['kind'], code: number, result: ValueType | undefined): Frame {
    this.code.byte(code);
    this.code.byte(result ? TYPE_CODES[result] : NO_RESULT);
    return this.checker.open(kind, result ? [result] : []);
  }

  private end(frame: Frame): void {
    this.checker.close(frame);
    this.checker.pushAll(frame.results);
    this.code.byte(0x0b);
  }
}
