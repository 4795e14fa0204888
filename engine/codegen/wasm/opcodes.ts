// Every WebAssembly instruction we may emit: name in the specification's spelling, code, types and immediates.
// Assembler, checker and disassembler all read this one table, so they cannot disagree.
// Source: WebAssembly specification 3.0, appendix "Index of Instructions"; threads proposal for the atomics.

import { ATOMIC } from './instructions/atomic.ts';
import { CORE } from './instructions/core.ts';
import { VALUE_TYPES } from './instructions/notation.ts';
import { RELAXED_SIMD } from './instructions/relaxed.ts';
import { SIMD } from './instructions/simd.ts';

/** Types of values on the stack and in locals. */
export type ValueType = (typeof VALUE_TYPES)[keyof typeof VALUE_TYPES];

/** Codes of value types in binary modules. */
export const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

const TABLE = { ...CORE, ...SIMD, ...RELAXED_SIMD, ...ATOMIC };

/** An instruction's name, as the specification spells it. */
export type OpName = keyof typeof TABLE;
type WithImmediates<Pattern extends string> = {
  [Name in OpName]: (typeof TABLE)[Name] extends readonly [number, string, Pattern] ? Name : never;
}[OpName];
/** Instructions without an immediate (or with a fixed one). */
export type PlainOp =
  | { [Name in OpName]: (typeof TABLE)[Name] extends readonly [number, string] ? Name : never }[OpName]
  | WithImmediates<'zero' | 'zerozero'>;
/** Loads, stores and atomics: address on the stack, offset as immediate. */
export type MemoryOp = WithImmediates<`align${number}`>;
/** Lane loads and stores. */
export type MemoryLaneOp = WithImmediates<`lane align${number}`>;
/** Instructions that read or replace one lane. */
export type LaneOp = WithImmediates<'lane'>;

/** An instruction as assembler, checker and disassembler need it. */
export interface Opcode {
  readonly name: OpName;
  /** prefix byte, or 0 */
  readonly prefix: number;
  readonly code: number;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly immediates: string;
  /** log2 of the natural alignment, for memory instructions */
  readonly align: number;
}

const letters = (text: string): ValueType[] =>
  [...text].map(letter => VALUE_TYPES[letter as keyof typeof VALUE_TYPES]);

const expand = (
  name: OpName,
  [code, signature, immediates = '']: readonly [number, string, string?],
): Opcode => {
  const [params = '', results = ''] = signature === '*' ? [] : signature.split(':');
  return {
    name,
    prefix: code >= 0x1000 ? code >> 12 : 0,
    code: code & 0xfff,
    params: letters(params),
    results: letters(results),
    immediates,
    align: Number(/align(\d)/.exec(immediates)?.[1] ?? 0),
  };
};

/** The table by name. */
export const OPCODES = Object.fromEntries(
  Object.entries(TABLE).map(([name, entry]) => [name, expand(name as OpName, entry)]),
) as Readonly<Record<OpName, Opcode>>;

const byCode = new Map(Object.values(OPCODES).map(op => [(op.prefix << 12) | op.code, op]));

/** The instruction with this prefix (0 for none) and code, or undefined. */
export const opcodeOf = (prefix: number, code: number): Opcode | undefined =>
  byCode.get((prefix << 12) | code);
