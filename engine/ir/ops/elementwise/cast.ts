// Operators that change the element type.

import { intAttribute } from '../../attributes.ts';
import { DTYPES, dtypeInfo, dtypeOfCode } from '../../dtypes.ts';
import type { Dtype } from '../../types.ts';
import { dtypeOf, fail, type InferContext, operator, shapeOf } from '../definition.ts';

const OLD_NAMES: Readonly<Record<string, Dtype>> = { float: 'float32', double: 'float64' };

/** The dtype that an integer attribute names by its code in the file format. */
export function dtypeAttribute(context: InferContext, name: string, otherwise?: Dtype): Dtype {
  const given = context.node.attributes[name];
  if (given?.type === 'string') {
    // Cast before opset 6 names the type: FLOAT, DOUBLE, INT32 …
    const text = given.value.toLowerCase();
    const known = DTYPES.find(dtype => dtype === (OLD_NAMES[text] ?? text));
    return known ?? fail(context, `attribute ${name}: no element type is called ${given.value}`);
  }
  const code = intAttribute(context.node, name, otherwise && dtypeInfo(otherwise).code);
  return dtypeOfCode(code) ?? fail(context, `attribute ${name}: no element type has the code ${code}`);
}

/** BitCast keeps the shape when both types are equally wide, else the last axis takes the difference. */
function bitCastShape(context: InferContext): readonly number[] {
  const shape = shapeOf(context, 0);
  const from = dtypeOf(context, 0);
  if (from === undefined) return shape;
  const ratio = dtypeInfo(from).bits / dtypeInfo(dtypeAttribute(context, 'to')).bits;
  if (ratio === 1) return shape;
  return [...shape.slice(0, -1), (shape.at(-1) ?? 1) * ratio];
}

export const CAST = [
  operator('Cast', { kind: 'elementwise', dtypes: context => [dtypeAttribute(context, 'to')] }),
  operator('CastLike', { kind: 'elementwise', dtypes: context => [dtypeOf(context, 1)] }),
  operator('BitCast', {
    kind: 'elementwise',
    dtypes: context => [dtypeAttribute(context, 'to')],
    shapes: context => [bitCastShape(context)],
  }),
];
