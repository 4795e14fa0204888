// Initialisers that a file lists as inputs too: defaults, in whose place a caller may give another tensor (ONNX IR 4).

import { sameShape } from '../tensor.ts';
import type { Constant, Model, Tensor } from '../types.ts';

const typeOf = (constant: Constant) => (constant.kind === 'inline' ? constant.tensor : constant);

/** Names of the inputs that have a default. */
export function defaultsOf({ graph, listed = [] }: Model): readonly string[] {
  const inputs = new Set(graph.inputs.map(id => graph.values[id]?.name));
  return listed.filter(name => !inputs.has(name));
}

/**
 * The input that file `index` of a data set is for: among all that the file lists where so many are given, else the
 * others.
 */
export function inputNameAt(model: Model, index: number, given: number): string | undefined {
  const { graph, listed } = model;
  const names = graph.inputs.map(id => graph.values[id]?.name ?? '');
  return listed && given > names.length ? listed[index] : names[index];
}

/**
 * The model with other tensors for some of its defaults. Throws an Error where one has another type or shape than the
 * default.
 */
export function withDefaults(model: Model, given: ReadonlyMap<string, Tensor>): Model {
  if (given.size === 0) return model;
  const values = model.graph.values.map(value => {
    const tensor = value && given.get(value.name);
    if (!tensor || !value.constant) return value;
    const { dtype, shape } = typeOf(value.constant);
    if (tensor.dtype !== dtype || !sameShape(tensor.shape, shape)) {
      const found = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
      throw new Error(`input ${value.name}: expected ${dtype} [${shape.join(', ')}], found ${found}`);
    }
    return { ...value, constant: { kind: 'inline', tensor } as const };
  });
  return { ...model, graph: { ...model.graph, values } };
}
