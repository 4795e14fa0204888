// A tensor made in the page as a .npy file of version 1.0: little-endian, C order.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

export type PageTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array<ArrayBuffer> };

const ALIGNMENT = 64;
const HEADER_START = 10;

/** The tensor as a .npy file, format 1.0, little-endian, C order. */
export function npyOf({ dtype, shape, data }: PageTensor): Uint8Array<ArrayBuffer> {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const descr = dtype === 'float32' ? '<f4' : '|u1';
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const start = Math.ceil((HEADER_START + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, start - HEADER_START, true);
  const text = `${header.padEnd(start - HEADER_START - 1)}\n`;
  bytes.set(new TextEncoder().encode(text), HEADER_START);
  if (dtype === 'uint8') bytes.set(data, start);
  else
    data.forEach((value, at) => {
      view.setFloat32(start + at * 4, value, true);
    });
  return bytes;
}
