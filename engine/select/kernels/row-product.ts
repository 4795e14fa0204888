// Matrix products as reductions, of products along the terms: nothing is packed, both matrices are read where they lie.
// So is one row times a matrix that is computed at run time, for every element of the matrix is needed once, and what
// is not float32.

import { ExpressionBuilder } from '../../fusion/expression.ts';
import type { Expression } from '../../fusion/types.ts';
import type { Access, Prologue } from '../spec/access.ts';
import type { ReduceSpec } from '../spec/axis.ts';
import type { MatmulSpec } from '../spec/product.ts';

/** The same product as a reduction; undefined where rows of float32 share the matrix. */
export function rowProduct(spec: MatmulSpec): ReduceSpec | undefined {
  const { batch, m, n, k, a, b, epilogue } = spec;
  if ('packed' in b) return undefined;
  const isShared = (extent: number, axis: number) =>
    extent > 1 && b.reads.every(read => read.strides[axis] === 0);
  const isFloat = resultType(a) === 'f32';
  if (isFloat && (m !== 1 || batch.some(isShared))) return undefined;
  const [row, term] = [batch.length, batch.length + 1];
  // (b…, m, k) and (b…, k, n) → (b…, m, n, k)
  const left = a.reads.map(access => along(access, [...batch.keys(), row, undefined, term]));
  const right = b.reads.map(access => along(access, [...batch.keys(), undefined, term, row]));
  return {
    kind: 'reduce',
    op: 'sum',
    outer: [...batch, m, n],
    reduced: [k],
    input: { expression: productOf(a, b), reads: [...left, ...right] },
    epilogue,
  };
}

const resultType = ({ expression: { nodes, results } }: Prologue) => nodes[results[0] ?? 0]?.type;

/** The access over other axes, each one of its own or none. */
const along = (access: Access, axes: readonly (number | undefined)[]): Access => ({
  ...access,
  strides: axes.map(axis => (axis === undefined ? 0 : (access.strides[axis] ?? 0))),
});

function productOf(a: Prologue, b: Prologue): Expression {
  const build = new ExpressionBuilder();
  const [x = 0] = build.inline(a.expression, inputsOf(build, a, 0));
  const [y = 0] = build.inline(b.expression, inputsOf(build, b, a.reads.length));
  return build.build([build.apply('mul', x, y)]);
}

/** Inputs of the type that the operand's expression knows them by, the first one with this index. */
function inputsOf(build: ExpressionBuilder, { expression, reads }: Prologue, first: number): number[] {
  return reads.map((_, index) => {
    const input = expression.nodes.find(node => node.kind === 'input' && node.index === index);
    return build.input(first + index, input?.type ?? 'f32');
  });
}
