// Mathematical functions as functions of the module: for code that is too long to repeat at every use.

import type { LaneType } from '../vector/lanewise.ts';
import { type Value, Vectors } from '../vector/vector.ts';

/**
 * The value of `body` through a function of the module, made on first use: one v128 to one v128 (four lanes),
 * or scalar to scalar. Results are those of the inline code, bit for bit.
 */
export const outOfLine = (
  v: Vectors,
  name: string,
  result: LaneType,
  args: readonly Value[],
  body: (v: Vectors, ...args: readonly Value[]) => Value,
): Value => {
  const lanes = v.scalar ? 1 : 4;
  const callee = v.module.helper(
    `${name}.${v.scalar ? 'scalar' : 'v128'}`,
    { params: args.map(arg => v.partType(arg.type)), results: [v.partType(result)] },
    f => {
      const inner = new Vectors(f, v.module, { fma: v.fma }, lanes);
      const value = body(inner, ...args.map(({ type }, k) => ({ type, parts: f.params.slice(k, k + 1) })));
      f.get(inner.part(value, 0));
    },
  );
  return v.callParts(result, callee, args);
};
