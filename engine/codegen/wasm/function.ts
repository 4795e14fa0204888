// Builds one WebAssembly function: checked instructions (code.ts), locals by scope, loops.

import { ByteWriter } from './bytes.ts';
import { CodeWriter } from './code.ts';
import { type Local, LocalTable } from './locals.ts';
import type { ValueType } from './opcodes.ts';

export type { FunctionHandle, GlobalHandle } from './code.ts';
export type { Local } from './locals.ts';

/** A bound of a loop, or any i32 operand: a constant or a local. */
export type Operand32 = number | Local;

/** One function while it is written. */
export class FunctionBuilder extends CodeWriter {
  readonly params: readonly Local[];
  private readonly table = new LocalTable();
  private readonly entry = new ByteWriter(64);
  private readonly entryLocals = new Map<string, Local>();

  constructor(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    paramNames: readonly string[] = [],
  ) {
    super(name, results);
    this.params = params.map((type, index) => this.table.parameter(type, paramNames[index] ?? `p${index}`));
  }

  // ---- locals

  /** Names of all locals, for the disassembly. */
  get localNames(): readonly string[] {
    return this.table.names;
  }

  /** A local, its value undefined: a released one is used again. Released at the end of the enclosing `scope`. */
  local(type: ValueType, name: string = type): Local {
    return this.table.take(type, name);
  }

  locals(count: number, type: ValueType, name: string = type): Local[] {
    const locals: Local[] = [];
    for (let k = 0; k < count; k++) locals.push(this.table.take(type, name, count > 1 ? k : undefined));
    return locals;
  }

  /** Gives a local back before its scope ends; its value is no longer defined. */
  release(local: Local): void {
    if (!this.table.release(local)) this.checker.fail(`release of local ${local.index}, not of this scope`);
  }

  /** Runs `body`; the locals it takes are released afterwards, but for those in `kept`: they pass to the outer scope. */
  scope<T>(body: () => T, kept?: (result: T) => readonly Local[]): T {
    return this.table.scope(body, kept);
  }

  /**
   * A local that is set once, on entry to the function, whatever is open at the moment; `init` pushes its
   * value. The same key gives the same local. For constants: they stay out of every loop.
   */
  onEntry(key: string, type: ValueType, init: () => void): Local {
    const known = this.entryLocals.get(key);
    if (known) return known;
    const local = this.table.permanent(type, key);
    this.entryLocals.set(key, local);
    const code = this.code;
    this.code = this.entry;
    init();
    this.set(local);
    this.code = code;
    return local;
  }

  // ---- operands and loops

  /** Pushes a constant or a local. */
  operand(value: Operand32): void {
    if (typeof value === 'number') this.i32(value);
    else this.get(value);
  }

  /** target ← source */
  assign(target: Local, source: Operand32): void {
    this.operand(source);
    this.set(target);
  }

  /** target ← a + b */
  assignSum(target: Local, a: Local, b: Operand32): void {
    this.get(a);
    this.operand(b);
    this.op('i32.add');
    this.set(target);
  }

  /** local += amount */
  increment(local: Local, amount: Operand32): void {
    this.assignSum(local, local, amount);
  }

  /** A new local that holds the same. */
  copy(source: Local, name: string): Local {
    const local = this.local('i32', name);
    this.assign(local, source);
    return local;
  }

  /** A new local that holds base + offset. */
  pointer(name: string, base: Local, offset: number): Local {
    const local = this.local('i32', name);
    this.assignSum(local, base, offset);
    return local;
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
    if (begin !== variable) {
      this.operand(begin);
      this.set(variable);
    }
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
    this.checker.close(this.body);
    this.code.byte(0x0b);
    const body = new ByteWriter(this.code.length + this.entry.length + 64);
    this.table.write(body);
    body.append(this.entry.bytes());
    body.append(this.code.bytes());
    return body.bytes();
  }
}
