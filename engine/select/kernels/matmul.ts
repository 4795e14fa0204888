// Matrix products. A constant second matrix is packed when weights are loaded, one computed at run time by the
// kernel; with a constant one, batches of rows become more rows where memory allows.

import type { Group, PreFusion } from '../../fusion/types.ts';
import { intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import { type Axes, accessOf, broadcastTo, eachAxis, extentsOf } from '../access.ts';
import { epilogueOf, identity, prologueOf, required, type SelectContext } from '../context.ts';
import { matrixPanels, packedBias, packedMatrix, packedPairs, storedMatrix } from '../packed-weights.ts';
import type { PairWeights } from '../packing.ts';
import type { Prologue } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import type { MatmulSpec } from '../spec/product.ts';
import { integerTile } from '../tile-cost.ts';
import { bitTile, packedBitWeights } from './bit-weights.ts';
import { rowProduct } from './row-product.ts';

/** One kernel; a row times a matrix computed at run time, and what is not float32, is a reduction. */
export function selectMatmul(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [a, b, bias] = node.inputs;
  const [y] = node.outputs;
  if (a === undefined || b === undefined || y === undefined)
    throw new Error(`${node.name}: no input or output`);
  const { shape: right = [], constant, dtype } = valueOf(context.graph, b);
  const output = valueOf(context.graph, y).shape ?? [];
  const packs = constant !== undefined && right.length === 2 && dtype === 'float32' && !group.pre.has(1);
  if (packs) return [withPackedRight(context, group, node, { a, b, bias, output })];
  const computed = withComputedRight(context, group, { a, b, output });
  return [rowProduct(computed) ?? computed];
}

interface Operands {
  readonly a: ValueId;
  readonly b: ValueId;
  readonly bias?: ValueId | undefined;
  readonly output: Shape;
}

function withPackedRight(
  context: SelectContext,
  group: Group,
  node: Node,
  { a, b, bias, output }: Operands,
): MatmulSpec {
  const transposed = intAttribute(node, 'transB', 0) !== 0;
  const { name, constant, shape: [rows = 1, columns = 1] = [] } = valueOf(context.graph, b);
  if (!constant) throw new Error(`${name} is no constant`);
  const matrix = storedMatrix(constant, transposed);
  const [k, n] = transposed ? [columns, rows] : [rows, columns];
  const last = output.length - 1;
  const leading = [...output.keys()].slice(0, -1);
  for (const [batch, m] of [
    [[], leading],
    [leading.slice(0, -1).map(axis => [axis]), leading.slice(-1)],
  ] as const) {
    const axes: Axes = [...batch, m, [last]];
    const left = prologueOf(context, group, 0, a, axes);
    const epilogue = epilogueOf(context, group, output, axes);
    if (!left || !epilogue) continue;
    const rows = extentsOf(output, [m])[0] ?? 1;
    const integer = intAttribute(node, 'integers', 0) ? integerTile(context.simd, { columns: n }) : undefined;
    const few = integer ? undefined : bitTile(context, b, transposed);
    const tile =
      integer ??
      few ??
      context.tiles.for(context.simd, { columns: n, rows, terms: k }, matrixPanels(context, matrix)?.columns);
    return {
      kind: 'matmul',
      batch: extentsOf(output, batch),
      m: rows,
      n,
      k,
      a: left,
      b: few
        ? packedBitWeights(context, b, { k, n }, transposed, tile[1])
        : {
            packed: integer
              ? packedPairs(context, b, pairsOf(k, n, transposed), tile[1])
              : packedMatrix(context, name, matrix, { k, n }, tile[1]),
          },
      ...(integer && { integers: true }),
      ...(bias !== undefined && { bias: packedBias(context, bias, 1, n, tile[1]) }),
      epilogue,
      tile,
    };
  }
  throw new Error(`${node.name}: axes do not merge`);
}

/** A matrix (k, n), or its transpose, as the weights of an integer product. */
function pairsOf(k: number, n: number, transposed: boolean): PairWeights {
  const strides = transposed ? { input: 1, output: k } : { input: n, output: 1 };
  return {
    ...{ groups: 1, taps: 1, inChannels: k, outChannels: n },
    strides: { group: 0, tap: 0, ...strides },
  };
}

function withComputedRight(context: SelectContext, group: Group, { a, b, output }: Operands): MatmulSpec {
  const { shape: left = [] } = valueOf(context.graph, a);
  const [m = 1, n = 1] = output.slice(-2);
  const k = left.at(-1) ?? 1;
  const batch = output.slice(0, -2);
  return {
    kind: 'matmul',
    batch,
    m,
    n,
    k,
    a: batchedPrologue(context, group.pre.get(0), a, [...batch, m, k]),
    b: batchedPrologue(context, group.pre.get(1), b, [...batch, k, n]),
    epilogue: required(epilogueOf(context, group, output, eachAxis(output)), 'matrix product'),
    tile: context.tiles.for(context.simd, { columns: n, rows: m, terms: k }),
  };
}

/** An operand whose batch axes broadcast: its own fused operands broadcast to it first, both aligned on the right. */
export function batchedPrologue(
  context: SelectContext,
  fused: PreFusion | undefined,
  value: ValueId,
  space: Shape,
): Prologue {
  const whole = valueOf(context.graph, value).shape ?? [];
  const located = (id: ValueId) => {
    const own = context.locator.of(id);
    return { ...own, shape: whole, strides: broadcastTo(own, whole) };
  };
  const read = (id: ValueId) => required(accessOf(located(id), space, eachAxis(space)), 'operand');
  if (fused) return { expression: fused.expression, reads: fused.operands.map(({ value: id }) => read(id)) };
  const access = read(value);
  return { expression: identity(access.dtype), reads: [access] };
}
