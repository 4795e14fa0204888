// Groups without an anchor: their expression over the box that all results share. One that makes a byte of a byte is a
// table of 256 results where computing them takes longer.

import { evaluate } from '../../fusion/evaluate.ts';
import type { Group, Primitive } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Dtype } from '../../ir/types.ts';
import { LANES } from '../../options.ts';
import { eachAxis } from '../access.ts';
import { epilogueOf, required, type SelectContext } from '../context.ts';
import type { BufferRef, Epilogue } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';

const BYTES = 256;
/** Operations on a vector that take as long as looking up one byte. */
const LOOKUP = 1.5;
/** Elements below which the table itself costs more than it saves. */
const FEW = 1024;
/** Operations that are many instructions: those that make tables pay everywhere. */
const LONG: ReadonlySet<Primitive> = new Set([
  'exp',
  'log',
  'tanh',
  'erf',
  'pow',
  'sin',
  'cos',
  'tan',
  'atan',
]);
const LONG_COST = 20;

/** One kernel over the shape of the group's results. */
export function selectElementwise(context: SelectContext, group: Group): KernelSpec[] {
  const [first] = group.outputs;
  const shape = first === undefined ? [] : (valueOf(context.graph, first).shape ?? []);
  const body = required(epilogueOf(context, group, shape, eachAxis(shape)), group.id);
  const table = elementCount(shape) >= FEW ? tableOf(context, body) : undefined;
  return [{ kind: 'elementwise', extents: shape, body, ...(table && { table }) }];
}

const isByte = (dtype: Dtype): boolean => dtype === 'int8' || dtype === 'uint8';

/** The table of an expression from one byte to another, both in the same order in memory, where it pays. */
function tableOf({ weights, simd }: SelectContext, body: Epilogue): BufferRef | undefined {
  const [read, write] = [body.reads[0], body.writes[0]];
  if (!read || !write || body.reads.length + body.writes.length > 2) return undefined;
  const ordered = read.strides.every((stride, axis) => stride === write.strides[axis]);
  if (!isByte(read.dtype) || !isByte(write.dtype) || !ordered) return undefined;
  const { expression } = body;
  const cost = expression.nodes.reduce(
    (sum, node) => sum + (node.kind !== 'apply' ? 0 : LONG.has(node.op) ? LONG_COST : 1),
    0,
  );
  if (cost < LOOKUP * LANES[simd]) return undefined;
  const key = `table ${read.dtype} ${JSON.stringify(expression)}`;
  return weights.add(key, 'table of bytes', BYTES, target => {
    for (let byte = 0; byte < BYTES; byte++) {
      const element = read.dtype === 'int8' ? (byte << 24) >> 24 : byte;
      target[byte] = (evaluate(expression, [element])[0] ?? 0) & (BYTES - 1);
    }
  });
}
