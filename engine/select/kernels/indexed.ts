// Gather and scatter in all their forms: an iteration space over the picked (or the new) elements, the axes that
// indices speak of, and where these indices lie.

import { ExpressionBuilder } from '../../fusion/expression.ts';
import { scalarType } from '../../fusion/scalar-ops.ts';
import type { Expression, Primitive } from '../../fusion/types.ts';
import { hasAttribute, intAttribute, stringAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { LENIENT } from '../../ir/ops/movement/gather.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { accessAlong, type Located } from '../access.ts';
import { identity, type SelectContext } from '../context.ts';
import { matrixPanels, storedMatrix } from '../packed-weights.ts';
import type { Pick } from '../spec/indexed.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** A tensor some of whose axes are gone through by index. */
interface Indexing {
  readonly extents: readonly number[];
  /** of the tensor that is picked from or put into, along the iteration space */
  readonly strides: readonly number[];
  readonly picks: readonly Pick[];
  /** strides of that tensor along the picked axes, one per pick */
  readonly along: readonly number[];
}

/** Slices along one axis, picked by indices of any shape. */
function slices(data: Located, indices: Located, axis: number): Indexing {
  const [outer, inner] = [data.shape.slice(0, axis), data.shape.slice(axis + 1)];
  const still = (axes: readonly number[]): number[] => axes.map(() => 0);
  const strides = [...still(outer), ...indices.strides, ...still(inner)];
  return {
    extents: [...outer, ...indices.shape, ...inner],
    strides: [...data.strides.slice(0, axis), ...still(indices.shape), ...data.strides.slice(axis + 1)],
    picks: [{ extent: data.shape[axis] ?? 1, index: accessAlong(indices, strides) }],
    along: [data.strides[axis] ?? 0],
  };
}

/** Every element has an index of its own along the axis. */
function elements(data: Located, indices: Located, axis: number): Indexing {
  return {
    extents: indices.shape,
    strides: data.strides.with(axis, 0),
    picks: [{ extent: data.shape[axis] ?? 1, index: accessAlong(indices, indices.strides) }],
    along: [data.strides[axis] ?? 0],
  };
}

/** Tuples of indices, one for each of the axes behind the batch; what lies behind those is whole. */
function tuples(data: Located, indices: Located, batch: number): Indexing {
  const rows = indices.shape.slice(0, -1);
  const width = indices.shape.at(-1) ?? 0;
  const inner = data.shape.slice(batch + width);
  const own = [...indices.strides.slice(0, -1), ...inner.map(() => 0)];
  const step = indices.strides.at(-1) ?? 0;
  return {
    extents: [...rows, ...inner],
    strides: [
      ...rows.map((_, axis) => (axis < batch ? (data.strides[axis] ?? 0) : 0)),
      ...data.strides.slice(batch + width),
    ],
    picks: Array.from({ length: width }, (_, k) => ({
      extent: data.shape[batch + k] ?? 1,
      index: accessAlong(indices, own, k * step),
    })),
    along: data.strides.slice(batch, batch + width),
  };
}

/** Vectors run along the last axis, where all elements must have one place: one more axis where they have not. */
function withVectorAxis({
  extents,
  strides,
  picks,
  along,
}: Indexing): Indexing & { readonly added: boolean } {
  const last = extents.length - 1;
  const added = last < 0 || picks.some(({ index }) => index.strides[last] !== 0);
  if (!added) return { extents, strides, picks, along, added };
  return {
    extents: [...extents, 1],
    strides: [...strides, 0],
    picks: picks.map(pick => ({
      ...pick,
      index: { ...pick.index, strides: [...pick.index.strides, 0] },
    })),
    along,
    added,
  };
}

function indexing(node: Node, data: Located, indices: Located) {
  const axis = () => normalizeAxis(intAttribute(node, 'axis', 0), data.shape.length);
  const own =
    node.op === 'Gather'
      ? slices(data, indices, axis())
      : node.op.endsWith('Elements')
        ? elements(data, indices, axis())
        : tuples(data, indices, intAttribute(node, 'batch_dims', 0));
  const lenient = hasAttribute(node, LENIENT);
  return withVectorAxis({ ...own, picks: own.picks.map(pick => ({ ...pick, ...(lenient && { lenient }) })) });
}

function operands({ locator }: SelectContext, node: Node): Located[] {
  const [output] = node.outputs;
  return [...node.inputs, output].map(id => {
    if (id === undefined) throw new Error(`${node.name}: no input or output`);
    return locator.of(id);
  });
}

const missing = (node: Node): Error => new Error(`${node.name}: too few operands`);

/** A table that a product has stored in panels: rows of the product, and columns by panel and place in it. */
interface Table extends Located {
  readonly panels: {
    /** of the product's columns */
    readonly axis: number;
    readonly columns: number;
    /** elements from panel to panel */
    readonly stride: number;
  };
}

/**
 * A constant matrix as a product stores it already, so that it is stored once: a row of the table is then a column of
 * panels, and each of its elements in a cache line of its own. That is little beside the product, which reads all.
 */
function tableInPanels(context: SelectContext, node: Node): Table | undefined {
  const [id] = node.inputs;
  const { constant, dtype, shape } = valueOf(context.graph, id ?? (-1 as ValueId));
  if (!constant || dtype !== 'float32' || shape?.length !== 2) return undefined;
  const matrix = storedMatrix(constant, false);
  for (const transposed of [true, false]) {
    const found = matrixPanels(context, { constant: matrix.constant, transposed });
    if (!found) continue;
    const { buffer, columns } = found;
    // A transposed matrix has its columns along axis 0 of what is stored.
    const axis = transposed !== matrix.transposed ? 0 : 1;
    const terms = shape[1 - axis] ?? 1;
    const kept = axis !== normalizeAxis(intAttribute(node, 'axis', 0), 2);
    if (kept && (shape[axis] ?? 1) % columns !== 0) continue;
    const strides = axis === 0 ? [1, columns] : [columns, 1];
    return {
      ...{ buffer, dtype, shape, strides, offset: 0 },
      panels: { axis, columns, stride: terms * columns },
    };
  }
  return undefined;
}

/** Rows of a table in panels. Where columns of the product are kept, they become two axes: panels, and places. */
function selectFromPanels(
  node: Node,
  { panels, ...data }: Table,
  indices: Located,
  output: Located,
): KernelSpec[] {
  const { columns, stride } = panels;
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), 2);
  const found = slices(data, indices, axis);
  const split = panels.axis === axis ? undefined : axis === 0 ? indices.shape.length : 0;
  const apart = (list: readonly number[], replace: (number: number) => number[]): number[] =>
    split === undefined
      ? [...list]
      : [...list.slice(0, split), ...replace(list[split] ?? 0), ...list.slice(split + 1)];
  const still = (list: readonly number[]) => apart(list, step => [step * columns, step]);
  const space = withVectorAxis({
    extents: apart(found.extents, extent => [extent / columns, columns]),
    strides: apart(found.strides, step => [stride, step]),
    picks: found.picks.map(pick => ({
      ...pick,
      index: { ...pick.index, strides: still(pick.index.strides) },
      ...(split === undefined && { block: columns }),
      ...(hasAttribute(node, LENIENT) && { lenient: true }),
    })),
    along: split === undefined ? [stride, 1] : found.along,
  });
  return [gatherSpec(data, output, still(output.strides), space)];
}

function gatherSpec(
  data: Located,
  output: Located,
  strides: readonly number[],
  { added, along, ...space }: Indexing & { readonly added: boolean },
): KernelSpec {
  return {
    kind: 'gather',
    extents: space.extents,
    picks: space.picks,
    input: { expression: identity(data.dtype), reads: [accessAlong(data, [...space.strides, ...along])] },
    epilogue: {
      expression: identity(output.dtype),
      reads: [],
      writes: [accessAlong(output, added ? [...strides, 0] : strides)],
    },
  };
}

/** One kernel; rows of a table that a product has stored in panels are picked from these. */
export function selectGather(context: SelectContext, node: Node): KernelSpec[] {
  const table = node.op === 'Gather' ? tableInPanels(context, node) : undefined;
  if (table) {
    const [indices, output] = [node.inputs[1], node.outputs[0]];
    if (indices === undefined || output === undefined) throw missing(node);
    return selectFromPanels(node, table, context.locator.of(indices), context.locator.of(output));
  }
  const [data, indices, output] = operands(context, node);
  if (!data || !indices || !output) throw missing(node);
  return [gatherSpec(data, output, output.strides, indexing(node, data, indices))];
}

const REDUCTIONS: Readonly<Record<string, Primitive>> = { add: 'add', mul: 'mul', min: 'min', max: 'max' };

/** All of the data, and what is new over it. */
export function selectScatter(context: SelectContext, node: Node): KernelSpec[] {
  const [data, indices, updates, output] = operands(context, node);
  if (!data || !indices || !updates || !output) throw missing(node);
  const copy = {
    expression: identity(data.dtype),
    reads: [accessAlong(data, data.strides)],
    writes: [accessAlong(output, output.strides)],
  };
  const found = indexing(node, output, indices);
  const own = found.added ? [...updates.strides, 0] : updates.strides;
  // Axes that every element goes through at its own place come first: what they tell apart never meets.
  const axes = [...found.extents.keys()].slice(0, -1);
  const apart = axes.filter(axis => found.strides[axis] !== 0);
  const order = [...apart, ...axes.filter(axis => !apart.includes(axis)), found.extents.length - 1];
  const ordered = (list: readonly number[]): number[] => order.map(axis => list[axis] ?? 0);
  const place = accessAlong(output, [...ordered(found.strides), ...found.along]);
  const reduction = REDUCTIONS[stringAttribute(node, 'reduction', 'none')];
  return [
    { kind: 'elementwise', extents: data.shape, body: copy },
    {
      kind: 'scatter',
      extents: ordered(found.extents),
      apart: apart.length,
      picks: found.picks.map(pick => ({
        ...pick,
        index: { ...pick.index, strides: ordered(pick.index.strides) },
      })),
      input: { expression: identity(updates.dtype), reads: [accessAlong(updates, ordered(own))] },
      epilogue: {
        expression: reduction ? combined(output, reduction) : identity(output.dtype),
        reads: reduction ? [place] : [],
        writes: [place],
      },
    },
  ];
}

/** What is there, with what is new. */
function combined({ dtype }: Located, reduction: Primitive): Expression {
  const type = scalarType(dtype);
  if (!type) throw new Error(`no kernel reads ${dtype}`);
  const build = new ExpressionBuilder();
  const [fresh, old] = [build.input(0, type), build.input(1, type)];
  return build.build([build.apply(reduction, old, fresh)]);
}
