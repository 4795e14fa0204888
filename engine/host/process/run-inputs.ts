// The tensors a run starts from, and the dimensions their shapes fix.

import { defaultsOf, inputNameAt } from '../../ir/constants/defaults.ts';
import { allocate } from '../../ir/dtypes.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Dtype, Graph, Model, Tensor } from '../../ir/types.ts';
import { RANK_AXIS } from '../../passes/shapes/dimensions.ts';
import { type Datum, isTensor } from '../../reference/datum.ts';
import type { OpenDimension } from '../../report/types/model.ts';
import type { ValueView } from '../../runtime/program.ts';
import { seededInputs } from '../../runtime/seeded-inputs.ts';
import type { InputSource } from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { converted } from '../files/converted.ts';
import { readNpy } from '../files/npy.ts';
import { readDataFile, readTensorFile } from '../files/tensor-files.ts';

export interface GivenInput {
  readonly datum: Datum;
  /** file, for errors */
  readonly where: string;
  /** type of the file's elements, where they were converted to that of the input */
  readonly from?: Dtype;
}

/** Inputs read from files, by the name of the graph input. Throws bad-input for a file that fits no input. */
export function readGivenInputs(model: Model, source: InputSource): Map<string, GivenInput> {
  const given = new Map<string, GivenInput>();
  if (source.kind === 'seeded') return given;
  const { graph } = model;
  const names = graph.inputs.map(id => graph.values[id]?.name ?? '');
  const defaults = defaultsOf(model);
  const indexed = source.files.filter(file => file.name === undefined && file.index !== undefined).length;
  for (const file of source.files) {
    // A file that says itself which input it is for holds a tensor: containers carry no name.
    const input =
      file.name ??
      (file.index === undefined ? readTensorFile(file.path).name : inputNameAt(model, file.index, indexed));
    if (input === undefined || !(names.includes(input) || defaults.includes(input))) {
      const found = input === undefined ? `input ${file.index}` : `"${input}"`;
      throw badInput(`expected one of the inputs ${names.join(', ')}, found ${found}`, file.path);
    }
    const value = graph.values[graph.inputs[names.indexOf(input)] ?? -1];
    const datum =
      file.npy === undefined
        ? readDataFile(file.path, value?.container)
        : readNpy(Buffer.from(file.npy, 'base64'), file.path);
    const isNpy = file.npy !== undefined || file.path.endsWith('.npy');
    given.set(input, { ...(isNpy ? asInput(datum, value?.dtype, file.path) : { datum }), where: file.path });
  }
  return given;
}

/** NumPy's types are its defaults more often than a choice, those of a TensorProto were chosen. */
function asInput(datum: Datum, dtype: Dtype | undefined, where: string): Omit<GivenInput, 'where'> {
  if (dtype === undefined || !isTensor(datum)) return { datum };
  const tensor = converted(datum, dtype, where);
  return tensor === datum ? { datum } : { datum: tensor, from: datum.dtype };
}

/**
 * Extents of open dimensions as the given tensors have them. Throws bad-input where one is `bound` to another extent.
 */
export function dimensionsOf(
  dimensions: readonly OpenDimension[],
  given: ReadonlyMap<string, GivenInput>,
  bound: Readonly<Record<string, number>>,
): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const { key, inputs } of dimensions) {
    for (const { name, axis } of inputs) {
      const { datum, where } = given.get(name) ?? {};
      if (!isTensor(datum)) continue;
      if (axis === RANK_AXIS) for (const [at, own] of datum.shape.entries()) dims[`${name}:${at}`] = own;
      const extent = axis === RANK_AXIS ? datum.shape.length : datum.shape[axis];
      if (extent === undefined) continue;
      const wanted = bound[key];
      if (wanted !== undefined && extent !== wanted) {
        const text = `axis ${axis} of input ${name}: expected ${wanted}, which dimension "${key}" is bound to, found ${extent}`;
        throw badInput(text, where);
      }
      dims[key] ??= extent;
    }
  }
  return dims;
}

/** Tensors that were made from a seed, with 0 for all whole numbers: an index that is inside every axis. */
export const withoutIndices = (tensors: readonly Tensor[]): Tensor[] =>
  tensors.map(tensor =>
    /^u?int/.test(tensor.dtype)
      ? { ...tensor, data: allocate(tensor.dtype, elementCount(tensor.shape)) }
      : tensor,
  );

/**
 * What each of the program's inputs holds: as it is given, or a tensor made from the seed; `change` may make another
 * one of these.
 */
export function inputData(
  graph: Graph,
  views: readonly ValueView[],
  given: ReadonlyMap<string, GivenInput>,
  seed: number,
  change: (seeded: readonly Tensor[]) => readonly Tensor[] = seeded => seeded,
): Datum[] {
  // Seeded over the graph's inputs, so that what the compiler dropped does not change the others.
  const described = graph.inputs.map(id => {
    const { name = `${id}`, dtype = 'float32', shape = [] } = graph.values[id] ?? {};
    return { name, dtype, shape };
  });
  const seeded = change(seededInputs(described, seed));
  return views.map(view => {
    const own = given.get(view.name);
    if (!own) {
      if (view.space === 'host' && (view.container || !view.shape)) {
        throw badInput(`expected a file for input ${view.name}, a ${view.container ?? 'tensor'}; found none`);
      }
      const index = described.findIndex(input => input.name === view.name);
      const tensor = seeded[index];
      if (!tensor) throw new Error(`the program's input ${view.name} is no input of the graph`);
      return tensor;
    }
    const { datum, where } = own;
    if (
      isTensor(datum) &&
      view.shape &&
      (datum.dtype !== view.dtype || !sameShape(datum.shape, view.shape))
    ) {
      const expected = `${view.dtype} [${view.shape.join(', ')}]`;
      const found = `${datum.dtype} [${datum.shape.join(', ')}]`;
      throw badInput(`input ${view.name}: expected ${expected}, found ${found}`, where);
    }
    return datum;
  });
}
