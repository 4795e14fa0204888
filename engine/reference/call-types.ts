// Types of a node's calls, by its operator's shape rule. Invariant: what was inferred or made for one call is used for
// the next only where the rule would see the same types and the same elements.

import type { InferContext, OperatorDefinition, ValueType } from '../ir/ops/definition.ts';
import { ShapeError } from '../ir/ops/errors.ts';
import { ADDRESSABLE_BYTES, sameShape, tensorBytes } from '../ir/tensor.ts';
import type { Node, Tensor, TensorData } from '../ir/types.ts';
import type { Call } from './call.ts';
import { type Datum, isMaps, isSequence, isTensor, someItem } from './datum.ts';

/** Elements of parameters that are compared from call to call; calls with more are inferred anew. */
const MOST_COMPARED = 64;
/** Elements of inputs and outputs of calls for which things are kept: of larger ones, what is made is as large. */
const MOST_KEPT = 1 << 16;

/** A call as the shape rules see it, what they say of its outputs, and what was made for calls like it. */
export interface CallTypes extends InferContext, Pick<Call, 'once' | 'outputs'> {}

/** A call that the next may be like. */
interface Known {
  readonly types: readonly (ValueType | undefined)[];
  /** elements that the rule asked for and that may differ, by input */
  readonly asked: ReadonlyMap<number, TensorData | undefined>;
  readonly outputs: readonly ValueType[];
  readonly once: Call['once'];
}

type Inputs = readonly (Datum | undefined)[];

/** What each call of the node is; `isFixed` says of which inputs every call gives the same elements. */
export function callTypes(
  node: Node,
  { infer }: OperatorDefinition,
  isFixed: (index: number) => boolean,
): (data: Inputs, tensors: readonly (Tensor | undefined)[]) => CallTypes {
  let known: Known | undefined;
  return (data, tensors) => {
    const inputs = data.map(typeIn);
    if (known && isAlike(known, inputs, tensors)) {
      const { outputs, once } = known;
      return { node, inputs, constant: index => tensors[index], body: unknownTypes, outputs, once };
    }
    const asked = new Map<number, TensorData | undefined>();
    const constant = (index: number): Tensor | undefined => {
      const tensor = tensors[index];
      if (!isFixed(index)) asked.set(index, tensor?.data);
      return tensor;
    };
    const context: InferContext = { node, inputs, constant, body: unknownTypes };
    const outputs = infer(context);
    for (const type of outputs) checkSize(node, type);
    const once = keeper();
    known = undefined;
    if (
      isSmall(asked.values(), MOST_COMPARED) &&
      isSmall([...tensors.map(tensor => tensor?.data)], MOST_KEPT)
    ) {
      const copies = [...asked].map(([index, elements]) => [index, elements?.slice()] as const);
      known = { types: inputs.map(withoutElements), asked: new Map(copies), outputs, once };
    }
    return { ...context, outputs, once };
  };
}

/** Makes things when they are first asked for. */
function keeper(): Call['once'] {
  const made = new Map<string | number, unknown>();
  return <T>(key: string | number, make: () => T): T => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as T;
  };
}

function isSmall(lists: Iterable<TensorData | undefined>, most: number): boolean {
  let count = 0;
  for (const elements of lists) count += elements?.length ?? 0;
  return count <= most;
}

function isAlike(
  { types, asked }: Known,
  inputs: readonly (ValueType | undefined)[],
  tensors: readonly (Tensor | undefined)[],
): boolean {
  for (let i = 0; i < inputs.length; i++) if (!isSameType(inputs[i], types[i])) return false;
  for (const [index, elements] of asked) {
    if (!isSameData(elements, tensors[index]?.data)) return false;
  }
  return inputs.length === types.length;
}

const isSameType = (a: ValueType | undefined, b: ValueType | undefined): boolean =>
  a?.dtype === b?.dtype &&
  a?.container === b?.container &&
  (a?.shape && b?.shape ? sameShape(a.shape, b.shape) : a?.shape === b?.shape);

function isSameData(a: TensorData | undefined, b: TensorData | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

const unknownTypes = (_: string, given: readonly ValueType[]): readonly ValueType[] => given.map(() => ({}));

const withoutElements = (type: ValueType | undefined): ValueType | undefined =>
  type && { dtype: type.dtype, shape: type.shape, container: type.container };

const typeIn = (datum: Datum | undefined): ValueType | undefined => datum && typeOf(datum);

/** What no memory can hold is refused before any of it is computed. */
function checkSize(node: Node, { dtype, shape }: ValueType): void {
  const bytes = dtype && shape ? tensorBytes(dtype, shape) : 0;
  if (bytes <= ADDRESSABLE_BYTES) return;
  const found = `${dtype} [${shape?.join(', ')}] of ${bytes}`;
  throw new ShapeError(`expected a result of at most ${ADDRESSABLE_BYTES} bytes, found ${found}`, node);
}

/** Rules see a container as a value without shape. */
function typeOf(datum: Datum): ValueType {
  if (isTensor(datum)) return datum;
  if (isMaps(datum)) return { container: 'sequence', dtype: datum.values.dtype };
  return { container: 'sequence', dtype: isSequence(datum) ? someItem(datum)?.dtype : undefined };
}
