// The tensors a run starts from, and the dimensions their shapes fix.

import { sameShape } from '../ir/tensor.ts';
import type { Graph, Tensor } from '../ir/types.ts';
import type { OpenDimension } from '../report/types.ts';
import type { TensorView } from '../runtime/program.ts';
import { seededInputs } from '../runtime/seeded-inputs.ts';
import type { InputSource } from './engine-requests.ts';
import { badInput } from './failure.ts';
import { readTensorFile } from './tensor-files.ts';

export interface GivenInput {
  readonly tensor: Tensor;
  /** file, for errors */
  readonly where: string;
}

/** Inputs read from files, by the name of the graph input. Throws bad-input for a file that fits no input. */
export function readGivenInputs(graph: Graph, source: InputSource): Map<string, GivenInput> {
  const given = new Map<string, GivenInput>();
  if (source.kind === 'seeded') return given;
  const names = graph.inputs.map(id => graph.values[id]?.name ?? '');
  for (const file of source.files) {
    const { name, tensor } = readTensorFile(file.path);
    const input = file.name ?? (file.index === undefined ? name : names[file.index]);
    if (input === undefined || !names.includes(input)) {
      const found = input === undefined ? `input ${file.index}` : `"${input}"`;
      throw badInput(`expected one of the inputs ${names.join(', ')}, found ${found}`, file.path);
    }
    given.set(input, { tensor, where: file.path });
  }
  return given;
}

/** Extents of open dimensions as the given tensors have them. */
export function dimensionsOf(
  dimensions: readonly OpenDimension[],
  given: ReadonlyMap<string, GivenInput>,
): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const { key, inputs } of dimensions) {
    for (const { name, axis } of inputs) {
      const extent = given.get(name)?.tensor.shape[axis];
      if (extent !== undefined) dims[key] ??= extent;
    }
  }
  return dims;
}

/** One tensor for each of the program's inputs: the given one, or one made from the seed. */
export function inputTensors(
  graph: Graph,
  views: readonly TensorView[],
  given: ReadonlyMap<string, GivenInput>,
  seed: number,
): Tensor[] {
  // Seeded over the graph's inputs, so that what the compiler dropped does not change the others.
  const described = graph.inputs.map(id => {
    const value = graph.values[id];
    if (!value?.dtype || !value.shape) throw badInput(`the shape of input ${value?.name ?? id} is not known`);
    return { name: value.name, dtype: value.dtype, shape: value.shape };
  });
  const seeded = seededInputs(described, seed);
  return views.map(view => {
    const own = given.get(view.name);
    if (!own) {
      const index = described.findIndex(input => input.name === view.name);
      const tensor = seeded[index];
      if (!tensor) throw new Error(`the program's input ${view.name} is no input of the graph`);
      return tensor;
    }
    if (own.tensor.dtype !== view.dtype || !sameShape(own.tensor.shape, view.shape)) {
      const expected = `${view.dtype} [${view.shape.join(', ')}]`;
      const found = `${own.tensor.dtype} [${own.tensor.shape.join(', ')}]`;
      throw badInput(`input ${view.name}: expected ${expected}, found ${found}`, own.where);
    }
    return own.tensor;
  });
}
