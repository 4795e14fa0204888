import { describe, expect, test } from 'vitest';
import { readNpy, writeNpy } from '../../../../engine/host/files/npy.ts';

function npy(header: string, data: ArrayLike<number> & { buffer: ArrayBufferLike }, version = 1): Uint8Array {
  const text = Buffer.from(header, 'latin1');
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write('\u0093NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text, Buffer.from(data.buffer)]);
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('readNpy', () => {
  test.each([
    ['<f4', 'float32', Float32Array.of(1.5, -2)],
    ['<f8', 'float64', Float64Array.of(1e300, 0)],
    ['<i8', 'int64', BigInt64Array.of(-5n, 2n ** 60n)],
    ['|u1', 'uint8', Uint8Array.of(0, 255)],
    ['|b1', 'bool', Uint8Array.of(0, 1)],
  ] as const)('%s', (descr, dtype, data) => {
    const bytes = npy(header(descr, '(2,)'), data as unknown as Uint8Array);
    expect(readNpy(bytes, 'a.npy')).toEqual({ dtype, shape: [2], data });
  });

  test('scalars, several axes, and the long header of version 2', () => {
    const one = Float32Array.of(3);
    expect(readNpy(npy(header('<f4', '()'), one), 'a.npy').shape).toEqual([]);
    const six = npy(header('<f4', '(1, 2, 3)'), new Float32Array(6), 2);
    expect(readNpy(six, 'a.npy').shape).toEqual([1, 2, 3]);
  });

  test.each([
    ['other bytes', Buffer.from('not an array at all'), 'expected a .npy file'],
    ['an end in the header', Buffer.from('\u0093NUMPY\u0001', 'latin1'), 'expected a .npy header'],
    ['Fortran order', npy(header('<f4', '(2,)', 'True'), new Float32Array(2)), 'found Fortran order'],
    ['big-endian elements', npy(header('>f4', '(2,)'), new Float32Array(2)), 'found ">f4"'],
    ['no shape', npy("{'descr': '<f4'}", new Float32Array(2)), 'expected a shape'],
    ['a shape of other things', npy(header('<f4', '(2, x)'), new Float32Array(2)), 'whole numbers'],
    [
      'too little data',
      npy(header('<f4', '(9,)'), new Float32Array(2)),
      'expected 36 bytes of data, found 8',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'a.npy')).toThrow(message);
  });
});

describe('writeNpy', () => {
  test.each([
    [[2, 3], Float32Array.of(1, 2, 3, 4, 5, -6), 'float32'],
    [[4], Int8Array.of(-1, 0, 1, 127), 'int8'],
    [[], BigInt64Array.of(2n ** 60n), 'int64'],
  ] as const)('of shape %s reads back', (shape, data, dtype) => {
    const bytes = writeNpy({ dtype, shape, data }, 'a');
    expect(readNpy(bytes, 'a.npy')).toEqual({ dtype, shape, data });
    // Data begins at a multiple of 64, as NumPy wants it.
    expect((bytes.length - data.byteLength) % 64).toBe(0);
    expect(bytes[bytes.length - data.byteLength - 1]).toBe(10);
  });

  test('refuses what NumPy has no type for', () => {
    expect(() => writeNpy({ dtype: 'string', shape: [1], data: ['a'] }, 'a')).toThrow('found string');
  });
});
