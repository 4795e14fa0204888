// The type checker of the function builder: the operand stack and the open blocks, as in the specification's
// validation algorithm. Every violation is our own bug and throws with the function's name.

import type { Opcode, ValueType } from './opcodes.ts';

/** A structured block that can be branched to. */
export interface Label {
  /** position from the outermost block */
  readonly level: number;
}

/** A block that is being written, and what may be taken from the stack in it. */
export interface Frame extends Label {
  readonly kind: 'function' | 'block' | 'loop' | 'if' | 'else';
  /** operands below it */
  readonly height: number;
  readonly results: readonly ValueType[];
  /** after a branch: anything may be taken from the stack */
  unreachable: boolean;
}

/** Operand types and open blocks of one function while it is written. */
export class Checker {
  private readonly functionName: string;
  private readonly stack: ValueType[] = [];
  private readonly frames: Frame[] = [];
  /** the innermost of them */
  private innermost: Frame | undefined;

  constructor(functionName: string) {
    this.functionName = functionName;
  }

  fail(message: string): never {
    throw new Error(`function ${this.functionName}: ${message}`);
  }

  push(type: ValueType): void {
    this.stack.push(type);
  }

  pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.stack.push(type);
  }

  pop(expected: ValueType, by: string): void {
    const frame = this.top();
    if (this.stack.length === frame.height) {
      if (!frame.unreachable) this.fail(`${by} expected ${expected} on the stack, got nothing`);
      return;
    }
    const found = this.stack.pop();
    if (found !== expected) this.fail(`${by} expected ${expected} on the stack, got ${found}`);
  }

  popAll(types: readonly ValueType[], by: string): void {
    for (let k = types.length - 1; k >= 0; k--) this.pop(types[k] as ValueType, by);
  }

  /** Takes a value of whatever type. */
  popAny(by: string): ValueType {
    const found = this.stack.length > this.top().height ? this.stack.pop() : undefined;
    return found ?? this.fail(`${by} expected a value on the stack, got nothing`);
  }

  apply(op: Opcode): void {
    this.popAll(op.params, op.name);
    this.pushAll(op.results);
  }

  open(kind: Frame['kind'], results: readonly ValueType[]): Frame {
    const level = this.frames.length;
    const frame: Frame = { kind, level, height: this.stack.length, results, unreachable: false };
    this.frames.push(frame);
    this.innermost = frame;
    return frame;
  }

  /** Takes the innermost block's results, leaves it, and pushes nothing. */
  close(frame: Frame): void {
    if (this.top() !== frame) this.fail(`end of ${frame.kind}, but a block inside is still open`);
    this.popAll(frame.results, `end of ${frame.kind}`);
    if (this.stack.length !== frame.height)
      this.fail(
        `end of ${frame.kind} expected an empty stack, got ${this.stack.slice(frame.height).join(' ')}`,
      );
    this.frames.pop();
    this.innermost = this.frames.at(-1);
  }

  /** Checks a branch; how many blocks it leaves. The operands it carries stay. */
  branch(label: Label): number {
    const frame = this.frames[label.level] ?? this.fail('branch to a block that is closed');
    const carried = frame.kind === 'loop' ? [] : frame.results;
    this.popAll(carried, 'branch');
    this.pushAll(carried);
    return this.frames.length - 1 - label.level;
  }

  setUnreachable(): void {
    const frame = this.top();
    this.stack.length = frame.height;
    frame.unreachable = true;
  }

  private top(): Frame {
    return this.innermost ?? this.fail('no open block');
  }
}
