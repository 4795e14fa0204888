import { describe, expect, it } from 'vitest';
import { loadConstant, readFromMemory, unpackVarints } from '../../../../engine/ir/constants/constant.ts';
import type { ReadBytes } from '../../../../engine/ir/constants/reading.ts';
import type { Constant, Dtype } from '../../../../engine/ir/types.ts';

/** Protobuf's encoding of an int64, straight from its definition: 7 bits at a time of the 64-bit pattern. */
function varints(values: readonly bigint[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
  }
  return Uint8Array.from(bytes);
}

const EDGES = [
  0n,
  1n,
  127n,
  128n,
  300n,
  2n ** 28n,
  2n ** 31n - 1n,
  2n ** 35n + 5n,
  2n ** 60n + 9n,
  2n ** 63n - 1n,
];
const values = [...EDGES, ...EDGES.map(value => -value), -(2n ** 63n)];

describe('unpackVarints', () => {
  it('64 bits, every length from 1 to 10 bytes', () => {
    const raw = unpackVarints(varints(values), 'int64');
    expect(new BigInt64Array(raw.buffer)).toEqual(BigInt64Array.from(values));
  });

  it.each([
    ['int32', (numbers: number[]) => new Int32Array(numbers)],
    ['uint32', (numbers: number[]) => new Uint32Array(numbers)],
    ['int16', (numbers: number[]) => new Int16Array(numbers)],
    ['uint16', (numbers: number[]) => new Uint16Array(numbers)],
    ['int8', (numbers: number[]) => new Int8Array(numbers)],
    ['uint8', (numbers: number[]) => new Uint8Array(numbers)],
  ] as const)('%s keeps the lowest bits', (dtype, wrap) => {
    const expected = wrap(values.map(value => Number(BigInt.asIntN(32, value))));
    expect(unpackVarints(varints(values), dtype)).toEqual(new Uint8Array(expected.buffer));
  });
});

describe('loadConstant', () => {
  const file = (dtype: Dtype, offset: number, length: number): Constant => ({
    kind: 'file',
    dtype,
    shape: [length / 4],
    file: 'w.bin',
    offset,
    length,
    encoding: 'raw',
  });
  const bytes = new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer);

  it('reads its range', () => {
    const tensor = loadConstant(file('float32', 8, 12), readFromMemory({ 'w.bin': bytes }));
    expect(tensor).toEqual({ dtype: 'float32', shape: [3], data: Float32Array.of(2, 3, 4) });
  });

  it('goes on where a read gives less than asked for', () => {
    const halting: ReadBytes = (_, offset, length) => bytes.subarray(offset, offset + Math.min(5, length));
    expect(loadConstant(file('float32', 8, 12), halting).data).toEqual(Float32Array.of(2, 3, 4));
  });

  it('says where a file ends too early', () => {
    const read = readFromMemory({ 'w.bin': bytes.subarray(0, 16) });
    expect(() => loadConstant(file('float32', 8, 12), read)).toThrow(
      'w.bin, byte 16: expected 4 more bytes, found the end',
    );
    expect(() => loadConstant(file('float32', 0, 4), readFromMemory({}))).toThrow('w.bin: no such file');
  });
});
