// NumPy's .npy files as tensors. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { decodeTensor, elementCount, encodeTensor, tensorBytes } from '../../ir/tensor.ts';
import type { Dtype, Tensor } from '../../ir/types.ts';
import { badInput } from '../failure.ts';

const DTYPES: Readonly<Record<string, Dtype>> = {
  '<f4': 'float32',
  '<f8': 'float64',
  '<f2': 'float16',
  '|i1': 'int8',
  '<i2': 'int16',
  '<i4': 'int32',
  '<i8': 'int64',
  '|u1': 'uint8',
  '<u2': 'uint16',
  '<u4': 'uint32',
  '<u8': 'uint64',
  '|b1': 'bool',
  '<c8': 'complex64',
  '<c16': 'complex128',
};

const DESCRIPTIONS = new Map(Object.entries(DTYPES).map(([descr, dtype]) => [dtype, descr]));

const MAGIC = '\u0093NUMPY';
/** data begins at a multiple of it */
const ALIGNMENT = 64;
const HEADER_START = 10;

/** Throws bad-input for anything but a little-endian array in C order. `where` names the file in errors. */
export function readNpy(bytes: Uint8Array, where: string): Tensor {
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== MAGIC) throw badInput('expected a .npy file, found other bytes at its start', where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 1) >= 2;
  const start = wide ? 12 : 10;
  if (bytes.length < start) throw badInput('expected a .npy header, found the end of the file', where);
  const headerBytes = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + headerBytes));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const dtype = DTYPES[descr];
  if (!dtype) throw badInput(`expected a type of ${Object.keys(DTYPES).join(' ')}, found "${descr}"`, where);
  if (/'fortran_order':\s*True/.test(header)) throw badInput('expected C order, found Fortran order', where);
  const extents = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (extents === undefined) throw badInput('expected a shape in the header, found none', where);
  const shape = extents
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(Number);
  if (!shape.every(extent => Number.isSafeInteger(extent) && extent >= 0)) {
    throw badInput(`expected a shape of whole numbers, found (${extents})`, where);
  }
  const data = bytes.subarray(start + headerBytes);
  const needed = tensorBytes(dtype, shape);
  if (data.length < needed || !Number.isSafeInteger(elementCount(shape))) {
    throw badInput(`expected ${needed} bytes of data, found ${data.length}`, where);
  }
  return decodeTensor(dtype, shape, data.slice(0, needed));
}

/** A tensor as a .npy file of version 1.0, little-endian, in C order. Throws bad-input for types NumPy does not have. */
export function writeNpy(tensor: Tensor, where: string): Uint8Array {
  const { dtype, shape } = tensor;
  const descr = DESCRIPTIONS.get(dtype);
  if (descr === undefined) throw badInput(`expected a type that NumPy has, found ${dtype}`, where);
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const start = Math.ceil((HEADER_START + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + tensorBytes(dtype, shape));
  const text = `${MAGIC}\u0001\u0000\u0000\u0000${header.padEnd(start - HEADER_START - 1)}\n`;
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, start - HEADER_START, true);
  encodeTensor(tensor, bytes.subarray(start));
  return bytes;
}
