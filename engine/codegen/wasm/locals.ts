// The locals of one function: handed out by type, taken back at the end of a scope, and used again.

import type { ByteWriter } from './bytes.ts';
import { TYPE_CODES, type ValueType } from './opcodes.ts';

/** A local or parameter of the function being written. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Parameters first, then locals in the order of their making. */
export class LocalTable {
  /** for the disassembly */
  readonly names: string[] = [];
  private readonly types: ValueType[] = [];
  private readonly free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  /** taken in this scope and not given back: few, so they are searched */
  private inScope: Local[] = [];
  private paramCount = 0;

  parameter(type: ValueType, name: string): Local {
    this.paramCount++;
    return this.permanent(type, name);
  }

  /** A local that no scope takes back. */
  permanent(type: ValueType, name: string): Local {
    this.names.push(name);
    return { index: this.types.push(type) - 1, type };
  }

  /** A free local of the type, or a new one, named `name` (number `k` of several). */
  take(type: ValueType, name: string, k?: number): Local {
    const local = this.free[type].pop() ?? this.permanent(type, k === undefined ? name : `${name}.${k}`);
    this.inScope.push(local);
    return local;
  }

  /** Gives a local of this scope back early; false if it is none. */
  release(local: Local): boolean {
    const at = this.inScope.lastIndexOf(local);
    if (at < 0) return false;
    this.inScope.splice(at, 1);
    this.free[local.type].push(local);
    return true;
  }

  /** Runs `body`; takes its locals back, but for `kept`: they pass to the outer scope. */
  scope<T>(body: () => T, kept?: (result: T) => readonly Local[]): T {
    const outer = this.inScope;
    const taken: Local[] = [];
    this.inScope = taken;
    const result = body();
    const passed = kept?.(result) ?? [];
    // Last taken, last out: the next scope gets the same locals in the same order.
    for (let at = taken.length - 1; at >= 0; at--) {
      const local = taken[at] as Local;
      if (!passed.includes(local)) this.free[local.type].push(local);
    }
    // A result may hold a local several times.
    if (passed.length > 0) outer.push(...[...new Set(passed)].filter(local => taken.includes(local)));
    this.inScope = outer;
    return result;
  }

  /** Declarations as they stand before a function's code: runs of one type. */
  write(to: ByteWriter): void {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.types.slice(this.paramCount)) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    to.unsigned(runs.length);
    for (const { type, count } of runs) {
      to.unsigned(count);
      to.byte(TYPE_CODES[type]);
    }
  }
}
