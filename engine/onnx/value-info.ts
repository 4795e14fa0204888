// ValueInfoProto and TypeProto → what we know of a value: element type, declared dimensions, kind of container.

import { dtypeOfCode } from '../ir/dtypes.ts';
import { isSoundShape, SOUND_SHAPE } from '../ir/tensor.ts';
import { dimensions, quoted } from './diagnostics.ts';
import type { FileValue } from './file-model.ts';
import { decodeRest, onnx, toNumber } from './proto.ts';
import { byteWhere, type Message, type Scan } from './scan.ts';

type TypeProto = NonNullable<InstanceType<typeof onnx.ValueInfoProto>['type']>;
type Dimensions = NonNullable<NonNullable<TypeProto['tensorType']>['shape']>['dim'];

/** Reads the declaration of a graph input or output. */
export function decodeValueInfo(scan: Scan, message: Message): FileValue {
  const at = message.begin;
  const proto = decodeRest(scan, message, onnx.ValueInfoProto);
  if (!proto) return { at, name: '', type: {} };
  return { at, name: proto.name, type: typeOf(scan, message, proto.name, proto.type ?? undefined) };
}

function typeOf(scan: Scan, message: Message, name: string, type: TypeProto | undefined): FileValue['type'] {
  const { element, container } = elementType(type);
  const code = element?.elemType ?? 0;
  const dtype = dtypeOfCode(code);
  const where = `${byteWhere(scan, message.begin)}, value ${quoted(name)}`;
  if (code !== 0 && !dtype) {
    scan.diagnostics.error(
      'unknown-element-type',
      where,
      `expected an element type that is known, found ${code}`,
    );
  }
  const known = { ...(dtype && { dtype }), ...(container && { container }) };
  if (!element?.shape || container) return known;
  const declared = declaredOf(element.shape.dim ?? []);
  const outside = declared.some(extent => typeof extent === 'number' && extent >= 2 ** 31);
  // Open dimensions may be anything that leaves the others room.
  if (outside || !isSoundShape(declared.map(extent => (typeof extent === 'number' ? extent : 1)))) {
    const problem = `expected ${SOUND_SHAPE}, each below 2^31, found ${dimensions(declared)}`;
    scan.diagnostics.error('bad-dimensions', where, problem);
    return known;
  }
  const shape = declared.filter(extent => typeof extent === 'number');
  return { ...known, declared, ...(shape.length === declared.length && { shape }) };
}

const declaredOf = (dims: Dimensions): (number | string | undefined)[] =>
  (dims ?? []).map(({ dimValue, dimParam }) => {
    // An unset value reads as null; some writers set −1 where they mean "any".
    if (dimValue === null || dimValue === undefined) return dimParam || undefined;
    const extent = toNumber(dimValue);
    return extent === -1 ? undefined : extent;
  });

/** The tensor type at the bottom, and the outermost container around it. */
function elementType(type: TypeProto | undefined) {
  let inner = type;
  let container: 'sequence' | 'optional' | 'map' | undefined;
  while (inner && !inner.tensorType && !inner.sparseTensorType) {
    if (inner.sequenceType) container ??= 'sequence';
    else if (inner.optionalType) container ??= 'optional';
    else if (inner.mapType) container ??= 'map';
    else break;
    const next = inner.sequenceType?.elemType ?? inner.optionalType?.elemType ?? inner.mapType?.valueType;
    inner = next as TypeProto | undefined;
  }
  return { element: inner?.tensorType ?? inner?.sparseTensorType ?? undefined, container };
}
