// TypeProto as ONNX spells types, 'seq(tensor(float32))', and back. Dimensions are left out: what holds types in
// attributes (Optional, SequenceEmpty and their like) asks for element types.

import { DTYPES, dtypeInfo, dtypeOfCode } from '../ir/dtypes.ts';
import type { Dtype } from '../ir/types.ts';
import type { onnx } from './proto.ts';

type TypeProto = NonNullable<InstanceType<typeof onnx.ValueInfoProto>['type']>;

/** A type as ONNX spells it: 'seq(tensor(float32))'. */
export function typeText(type: TypeProto | undefined): string {
  const wrap = (name: string, inner: unknown): string =>
    `${name}(${typeText(inner as TypeProto | undefined)})`;
  if (type?.tensorType) return `tensor(${dtypeOfCode(type.tensorType.elemType ?? 0) ?? 'unknown'})`;
  if (type?.sequenceType) return wrap('seq', type.sequenceType.elemType);
  if (type?.optionalType) return wrap('optional', type.optionalType.elemType);
  if (type?.mapType) return wrap('map', type.mapType.valueType);
  return 'unknown';
}

type TypeFields = NonNullable<Parameters<typeof onnx.AttributeProto.encode>[0]['tp']>;

/** The type a text spells; undefined for what is none, and for maps, whose keys the text leaves out. */
export function parseType(text: string): TypeFields | undefined {
  const [, wrapper, inner = ''] = /^(tensor|seq|optional)\((.*)\)$/.exec(text) ?? [];
  if (wrapper === 'tensor') {
    return isDtype(inner) ? { tensorType: { elemType: dtypeInfo(inner).code } } : undefined;
  }
  const elemType = wrapper === undefined ? undefined : parseType(inner);
  if (!elemType) return undefined;
  return wrapper === 'seq' ? { sequenceType: { elemType } } : { optionalType: { elemType } };
}

const isDtype = (text: string): text is Dtype => DTYPES.some(dtype => dtype === text);
