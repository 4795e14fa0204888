// How the tables of instructions are written.

/**
 * name → [code, signature, immediates]. Codes from 0x1000 are prefix · 0x1000 + number. Signatures are
 * "operands:results" in letters of VALUE_TYPES, '*' where they depend on the immediate. Immediates: 'alignN' an offset
 * and the natural alignment 2^N, 'lane' a lane number, 'lane alignN' both, 'zero' one zero byte, the rest by name.
 */
export type Instructions = Readonly<
  Record<string, readonly [code: number, signature: string, immediates?: string]>
>;

/** Value types, by the letters of signatures. */
export const VALUE_TYPES = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' } as const;
