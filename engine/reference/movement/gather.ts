// Picking, placing, ordering and searching elements by index. Negative indices count from the end.

import {
  AttributeError,
  boolAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
} from '../../ir/attributes.ts';
import { elementCount, makeTensor, normalizeAxis, rowMajorStrides, tensorOf } from '../../ir/tensor.ts';
import type { Tensor, TensorData } from '../../ir/types.ts';
import { type Call, inputOf, outputShape, type Reference, type References } from '../call.ts';
import { aroundAxis, type NumberArray, numbers, scalarOf, takeElements } from '../elements.ts';

/** Indices as numbers, checked and counted from the start. */
function indexList(tensor: Tensor, extent: number, what: string): Int32Array {
  const list = new Int32Array(tensor.data.length);
  for (let i = 0; i < list.length; i++) list[i] = checkedIndex(Number(tensor.data[i]), extent, what);
  return list;
}

function checkedIndex(index: number, extent: number, what: string): number {
  if (index < -extent || index >= extent) {
    throw new RangeError(`${what}: index ${index} is outside [-${extent}, ${extent - 1}]`);
  }
  return index < 0 ? index + extent : index;
}

const gather: Reference = call => {
  const [data, indices] = [inputOf(call, 0), inputOf(call, 1)];
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), data.shape.length);
  const [outer, along, inner] = aroundAxis(data.shape, axis);
  const list = indexList(indices, along, call.node.op);
  const map = new Int32Array(outer * list.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < list.length; i++) {
      const base = (o * along + (list[i] as number)) * inner;
      for (let j = 0; j < inner; j++) map[at++] = base + j;
    }
  }
  return [takeElements(data, outputShape(call), map)];
};

/** For every element of `indices`: the place in `data` with its axis coordinate replaced by the index. */
function elementPlaces(call: Call, data: Tensor, indices: Tensor, axis: number): Int32Array {
  const strides = rowMajorStrides(data.shape);
  const own = rowMajorStrides(indices.shape);
  const list = indexList(indices, data.shape[axis] ?? 0, call.node.op);
  return list.map((index, at) => {
    let place = index * (strides[axis] ?? 1);
    for (let i = 0; i < own.length; i++) {
      if (i === axis) continue;
      place += (Math.floor(at / (own[i] ?? 1)) % (indices.shape[i] ?? 1)) * (strides[i] ?? 1);
    }
    return place;
  });
}

const gatherElements: Reference = call => {
  const [data, indices] = [inputOf(call, 0), inputOf(call, 1)];
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), data.shape.length);
  return [takeElements(data, indices.shape, elementPlaces(call, data, indices, axis))];
};

/** Start of the block that every row of `indices` names. */
function blockStarts(call: Call, data: Tensor, indices: Tensor, batchRank: number): Int32Array {
  const depth = indices.shape.at(-1) ?? 0;
  const strides = rowMajorStrides(data.shape);
  const rows = depth === 0 ? elementCount(indices.shape.slice(0, -1)) : indices.data.length / depth;
  const list = numbers(indices);
  const batches = elementCount(data.shape.slice(0, batchRank));
  const perBatch = batches === 0 ? 0 : rows / batches;
  const batchStride = batchRank === 0 ? 0 : (strides[batchRank - 1] ?? 0);
  return Int32Array.from({ length: rows }, (_, row) => {
    let place = Math.floor(row / perBatch) * batchStride;
    for (let i = 0; i < depth; i++) {
      const axis = batchRank + i;
      const index = checkedIndex(list[row * depth + i] ?? 0, data.shape[axis] ?? 0, call.node.op);
      place += index * (strides[axis] ?? 1);
    }
    return place;
  });
}

const gatherNd: Reference = call => {
  const [data, indices] = [inputOf(call, 0), inputOf(call, 1)];
  const batch = intAttribute(call.node, 'batch_dims', 0);
  const block = elementCount(data.shape.slice(batch + (indices.shape.at(-1) ?? 0)));
  const starts = blockStarts(call, data, indices, batch);
  const map = Int32Array.from(
    { length: starts.length * block },
    (_, i) => (starts[Math.floor(i / block)] ?? 0) + (i % block),
  );
  return [takeElements(data, outputShape(call), map)];
};

type Merge = (old: number, update: number) => number;

/** How a scattered element meets the one that is there. Works on numbers and bigints; bool adds as or. */
const MERGES: Readonly<Record<string, Merge>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: (old, update) => (old > update || Number.isNaN(old) ? old : update),
  min: (old, update) => (old < update || Number.isNaN(old) ? old : update),
};

function mergeOf(call: Call): Merge {
  const name = stringAttribute(call.node, 'reduction', 'none');
  const merge = MERGES[name];
  if (merge === undefined) throw new AttributeError('reduction', `unknown reduction ${name}`, call.node);
  return merge;
}

/** Writes updates[i] over result[places[i]], one after the other. */
function scatterInto(data: Tensor, updates: Tensor, places: Int32Array, merge: Merge): Tensor {
  const result = copyData(data);
  const to = result as NumberArray;
  const from = updates.data as NumberArray;
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    to[place] = merge(to[place] as number, from[i] as number);
  }
  return makeTensor(data.dtype, data.shape, result);
}

const copyData = (tensor: Tensor): TensorData => tensor.data.slice();

const scatterElements: Reference = call => {
  const [data, indices, updates] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), data.shape.length);
  return [scatterInto(data, updates, elementPlaces(call, data, indices, axis), mergeOf(call))];
};

const scatterNd: Reference = call => {
  const [data, indices, updates] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
  const block = elementCount(data.shape.slice(indices.shape.at(-1) ?? 0));
  const starts = blockStarts(call, data, indices, 0);
  const places = Int32Array.from(
    { length: starts.length * block },
    (_, i) => (starts[Math.floor(i / block)] ?? 0) + (i % block),
  );
  return [scatterInto(data, updates, places, mergeOf(call))];
};

/** Writes updates into a cache along `axis`, from each batch entry's write index on; 'circular' wraps. */
const tensorScatter: Reference = call => {
  const [cache, updates] = [inputOf(call, 0), inputOf(call, 1)];
  const starts = call.inputs[2] && numbers(call.inputs[2]);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', -2), cache.shape.length);
  const circular = stringAttribute(call.node, 'mode', 'linear') === 'circular';
  const [outer, along, inner] = aroundAxis(cache.shape, axis);
  const length = updates.shape[axis] ?? 0;
  const perBatch = outer / (cache.shape[0] ?? 1);
  const places = Int32Array.from({ length: outer * length * inner }, (_, i) => {
    const o = Math.floor(i / (length * inner));
    const step = Math.floor(i / inner) % length;
    const at = (starts?.[Math.floor(o / perBatch)] ?? 0) + step;
    return (o * along + (circular ? at % along : at)) * inner + (i % inner);
  });
  return [scatterInto(cache, updates, places, (_, update) => update)];
};

/** Orders values along an axis; NaN counts as largest, equal values keep their order. */
const topK: Reference = call => {
  const input = inputOf(call, 0);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', -1), input.shape.length);
  const largest = boolAttribute(call.node, 'largest', true);
  const [outer, along, inner] = aroundAxis(input.shape, axis);
  const k = outputShape(call)[axis] ?? 0;
  const data = input.data as NumberArray;
  const before = (a: number, b: number) => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);
  const map = new Int32Array(outer * k * inner);
  const places = new BigInt64Array(map.length);
  for (let i = 0; i < outer * inner; i++) {
    const base = Math.floor(i / inner) * along * inner + (i % inner);
    const to = Math.floor(i / inner) * k * inner + (i % inner);
    const order = Array.from({ length: along }, (_, j) => j).sort((p, q) => {
      const [a, b] = [data[base + p * inner] as number, data[base + q * inner] as number];
      if (before(a, b)) return largest ? -1 : 1;
      if (before(b, a)) return largest ? 1 : -1;
      return p - q;
    });
    for (let j = 0; j < k; j++) {
      map[to + j * inner] = base + (order[j] as number) * inner;
      places[to + j * inner] = BigInt(order[j] as number);
    }
  }
  const shape = outputShape(call);
  return [takeElements(input, shape, map), makeTensor('int64', shape, places)];
};

const oneHot: Reference = call => {
  const [indices, values] = [inputOf(call, 0), inputOf(call, 2)];
  const depth = scalarOf(inputOf(call, 1), 0);
  const shape = outputShape(call);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', -1), shape.length);
  const inner = elementCount(shape.slice(axis + 1));
  const list = numbers(indices);
  const map = Int32Array.from({ length: elementCount(shape) }, (_, at) => {
    const outer = Math.floor(at / (depth * inner));
    const index = list[outer * inner + (at % inner)] ?? 0;
    const hot = index < 0 ? index + depth : index;
    return Math.floor(at / inner) % depth === hot ? 1 : 0;
  });
  return [takeElements(values, shape, map)];
};

/** Slices (or, without axis, elements) where the condition is true. */
const compress: Reference = call => {
  const input = inputOf(call, 0);
  const condition = numbers(inputOf(call, 1));
  const kept = Array.from(condition.keys()).filter(i => condition[i] !== 0);
  if (!hasAttribute(call.node, 'axis')) {
    return [takeElements(input, [kept.length], Int32Array.from(kept))];
  }
  const axis = normalizeAxis(intAttribute(call.node, 'axis'), input.shape.length);
  const [outer, along, inner] = aroundAxis(input.shape, axis);
  const map = Int32Array.from({ length: outer * kept.length * inner }, (_, i) => {
    const o = Math.floor(i / (kept.length * inner));
    const at = kept[Math.floor(i / inner) % kept.length] ?? 0;
    return (o * along + at) * inner + (i % inner);
  });
  const shape = input.shape.map((extent, i) => (i === axis ? kept.length : extent));
  return [takeElements(input, shape, map)];
};

/** Coordinates of elements that are not zero: (rank, count). */
const nonZero: Reference = call => {
  const input = inputOf(call, 0);
  const data = numbers(input);
  let count = 0;
  for (let at = 0; at < data.length; at++) if (data[at] !== 0) count++;
  const found = new Int32Array(count);
  for (let at = 0, i = 0; i < count; at++) if (data[at] !== 0) found[i++] = at;
  const rank = input.shape.length;
  const places = new BigInt64Array(rank * count);
  // Each place is one word of its 64 bits: places of tensors have at most 32.
  const words = new Int32Array(places.buffer);
  rowMajorStrides(input.shape).forEach((stride, axis) => {
    const extent = input.shape[axis] ?? 1;
    for (let i = 0; i < count; i++)
      words[2 * (axis * count + i)] = Math.floor((found[i] as number) / stride) % extent;
  });
  return [makeTensor('int64', [rank, count], places)];
};

/** Slices of a tensor along an axis (elements, flattened, without one) as keys that compare equal when they are. */
const unique: Reference = call => {
  const input = inputOf(call, 0);
  const flat = !hasAttribute(call.node, 'axis');
  const shape = flat ? [input.data.length] : input.shape;
  const axis = flat ? 0 : normalizeAxis(intAttribute(call.node, 'axis'), shape.length);
  const [outer, along, inner] = aroundAxis(shape, axis);
  const data = input.data as NumberArray;
  const sliceOf = (at: number): number[] =>
    Array.from({ length: outer * inner }, (_, i) => {
      return data[(Math.floor(i / inner) * along + at) * inner + (i % inner)] as number;
    });
  const slices = Array.from({ length: along }, (_, at) => sliceOf(at));
  const keys = slices.map(String);
  const firsts = [...new Set(keys)].map(key => keys.indexOf(key));
  if (boolAttribute(call.node, 'sorted', true)) {
    firsts.sort((a, b) => compareLists(slices[a] ?? [], slices[b] ?? []));
  }
  const order = firsts.map(at => keys[at]);
  const inverse = keys.map(key => order.indexOf(key));
  const counts = order.map(key => keys.filter(other => other === key).length);
  const map = Int32Array.from({ length: outer * firsts.length * inner }, (_, i) => {
    const o = Math.floor(i / (firsts.length * inner));
    return (o * along + (firsts[Math.floor(i / inner) % firsts.length] ?? 0)) * inner + (i % inner);
  });
  const resultShape = shape.map((extent, i) => (i === axis ? firsts.length : extent));
  const int64 = (list: readonly number[]) => tensorOf('int64', [list.length], list);
  return [takeElements(input, resultShape, map), int64(firsts), int64(inverse), int64(counts)];
};

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x < y) return -1;
    if (x > y) return 1;
  }
  return 0;
}

export const GATHER: References = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TensorScatter: tensorScatter,
  TopK: topK,
  OneHot: oneHot,
  Compress: compress,
  NonZero: nonZero,
  Unique: unique,
};
