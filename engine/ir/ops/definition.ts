// What the compiler knows about an operator without running it: output types, and its family.
// A rule reads input types, attributes and small constants; it throws Undetermined when those do not fix the
// shapes yet, and ShapeError when they contradict each other.

import { intsAttribute } from '../attributes.ts';
import type { Expansion } from '../composites/composer.ts';
import { elementCount, isSoundShape, normalizeAxis, numbersOf } from '../tensor.ts';
import type { Dtype, Node, Shape, Tensor, Value } from '../types.ts';
import { ShapeError, Undetermined } from './errors.ts';

/** What is known about a value; absent fields are unknown. */
export interface ValueType {
  readonly dtype?: Dtype | undefined;
  readonly shape?: Shape | undefined;
  /** per axis: its extent is a capacity, the real one is known when the model runs; absent: none is */
  readonly bounded?: readonly boolean[] | undefined;
  /** what the value is when it is no tensor; dtype is then that of its elements */
  readonly container?: Value['container'] | undefined;
}

/** What a rule looks at. */
export interface InferContext {
  readonly node: Node;
  /** undefined is an omitted optional input */
  readonly inputs: readonly (ValueType | undefined)[];
  /** elements of an input, where they are known before the model runs and few enough to look at */
  readonly constant: (index: number) => Tensor | undefined;
  /** output types of the body in a graph attribute, given the types of its inputs */
  readonly body: (attribute: string, inputs: readonly ValueType[]) => readonly ValueType[];
}

/** Groups operators for colours, tables and the choice of kernels. */
export type OperatorKind =
  | 'convolution'
  | 'matmul'
  | 'pooling'
  | 'normalization'
  | 'elementwise'
  | 'reduction'
  | 'movement'
  | 'gather'
  | 'recurrent'
  | 'quantization'
  | 'attention'
  | 'control'
  | 'container'
  | 'generator'
  | 'image'
  | 'signal'
  | 'text'
  | 'training'
  | 'trees';

/** What is known of an operator without running it. */
export interface OperatorDefinition {
  readonly op: string;
  /** first and last opset version with this meaning */
  readonly since: number;
  readonly until: number;
  readonly kind: OperatorKind;
  /** output i depends on the values of inputs, not only on types: shapes are known after running */
  readonly dataDependent: boolean;
  /** reads the shapes of its inputs and not their elements */
  readonly shapeOnly: boolean;
  /** draws random numbers: never folded, compared by type, shape and range only */
  readonly random: (node: Node) => boolean;
  /** One type per output. Throws ShapeError or AttributeError when the node is wrong. */
  readonly infer: (context: InferContext) => readonly ValueType[];
  /** the operators it is made of, where it is */
  readonly expand?: Expansion;
}

/** A type for every output; undefined where it is not known. */
export type DtypeRule = (context: InferContext) => readonly (Dtype | undefined)[];
/** A shape for every output; undefined where it is not known. */
export type ShapeRule = (context: InferContext) => readonly (Shape | undefined)[];
/** The largest an output can get, and which of its axes may stay smaller. */
export type Capacity = Required<Pick<ValueType, 'shape' | 'bounded'>>;
/** A capacity for every output; undefined where it has no bound. */
export type CapacityRule = (context: InferContext) => readonly (Capacity | undefined)[];

/** What `operator` makes a definition of. */
export interface Facts {
  readonly kind: OperatorKind;
  /** default: every output has the type of input 0 */
  readonly dtypes?: DtypeRule;
  /** default: every output has the shape of input 0 */
  readonly shapes?: ShapeRule;
  /** bounds of outputs whose shape is not determined; absent: they have none */
  readonly capacities?: CapacityRule;
  readonly since?: number;
  readonly until?: number;
  readonly dataDependent?: boolean;
  readonly shapeOnly?: boolean;
  /** the outputs are no tensors */
  readonly container?: Value['container'];
  readonly random?: OperatorDefinition['random'];
}

const repeated = <T>(context: InferContext, value: T): T[] => context.node.outputs.map(() => value);

/** Every output has the type of input 0. */
export const sameDtype: DtypeRule = context => repeated(context, dtypeOf(context, 0));
const sameShape: ShapeRule = context => repeated(context, shapeOf(context, 0));
/** Every output has this type. */
export const always =
  (dtype: Dtype): DtypeRule =>
  context =>
    repeated(context, dtype);

const never = (): boolean => false;

/** The definition of an operator of these facts. */
export function operator(op: string, facts: Facts): OperatorDefinition {
  const { kind, dtypes = sameDtype, shapes = sameShape, since = 1, until = Number.POSITIVE_INFINITY } = facts;
  const infer = (context: InferContext): readonly ValueType[] => {
    const elements = dtypes(context);
    const extents = orUnknown(shapes, context);
    for (const shape of extents) checkExtents(context, shape);
    const { container, capacities } = facts;
    const open = context.node.outputs.some((_, i) => extents[i] === undefined);
    const limits = open && capacities ? orUnknown(capacities, context) : [];
    return context.node.outputs.map((_, i) => ({
      dtype: elements[i],
      shape: extents[i] ?? limits[i]?.shape,
      bounded: extents[i] ? undefined : limits[i]?.bounded,
      container,
    }));
  };
  return {
    op,
    since,
    until,
    kind,
    infer,
    dataDependent: facts.dataDependent ?? false,
    shapeOnly: facts.shapeOnly ?? false,
    random: facts.random ?? never,
  };
}

function orUnknown<T>(
  rule: (context: InferContext) => readonly (T | undefined)[],
  context: InferContext,
): readonly (T | undefined)[] {
  try {
    return rule(context);
  } catch (error) {
    if (error instanceof Undetermined) return [];
    throw error;
  }
}

/** A rule that computes an extent which is none has been given parameters that do not fit. */
function checkExtents(context: InferContext, shape: Shape | undefined): void {
  if (shape === undefined || isSoundShape(shape)) return;
  fail(
    context,
    `expected a shape of whole numbers that memory can hold, the inputs and attributes lead to shape ${describe(shape)}`,
  );
}

/** Several operators with the same facts. */
export const operators = (ops: readonly string[], facts: Facts): OperatorDefinition[] =>
  ops.map(op => operator(op, facts));

/** Whether an optional input is given. */
export const isPresent = (context: InferContext, index: number): boolean =>
  context.inputs[index] !== undefined;

function present(context: InferContext, index: number): ValueType {
  const type = context.inputs[index];
  if (type === undefined) {
    fail(context, `expected input ${index}, which is not given`);
  }
  return type;
}

/** undefined while the input's type is unknown. */
export const dtypeOf = (context: InferContext, index: number): Dtype | undefined =>
  present(context, index).dtype;

/** Throws Undetermined while unknown. */
export function shapeOf(context: InferContext, index: number): Shape {
  const { shape } = present(context, index);
  if (shape === undefined) throw new Undetermined();
  return shape;
}

/** The shape of an input that must have `rank` axes. */
export function shapeOfRank(context: InferContext, index: number, rank: number): Shape {
  const shape = shapeOf(context, index);
  return shape.length === rank
    ? shape
    : fail(context, `input ${index} should have ${rank} axes, found ${describe(shape)}`);
}

/** Throws Undetermined while the elements are unknown. */
function constantOf(context: InferContext, index: number): Tensor {
  present(context, index);
  const tensor = context.constant(index);
  if (tensor === undefined) throw new Undetermined();
  return tensor;
}

/** Elements of a constant integer (or float) input. */
export function numbersOfInput(context: InferContext, index: number): number[] {
  const tensor = constantOf(context, index);
  return tensor.dtype === 'string' ? fail(context, `input ${index} holds strings`) : numbersOf(tensor);
}

/** The one element of a constant input; `otherwise` when the input is omitted. */
export function numberOfInput(context: InferContext, index: number, otherwise: number): number {
  if (!isPresent(context, index)) return otherwise;
  return numbersOfInput(context, index)[0] ?? otherwise;
}

/** A list that moved from an attribute to an input in a later opset; undefined when neither is there. */
export function listOf(
  context: InferContext,
  attribute: string,
  index: number,
): readonly number[] | undefined {
  const inAttribute = intsAttribute(context.node, attribute);
  if (inAttribute !== undefined) return inAttribute;
  return isPresent(context, index) ? numbersOfInput(context, index) : undefined;
}

const EXTENTS_SHOWN = 16;

/** '[1, 3, 224, 224]'; of what no tensor can have, the beginning. */
export const describe = (shape: Shape): string =>
  shape.length <= EXTENTS_SHOWN
    ? `[${shape.join(', ')}]`
    : `[${shape.slice(0, EXTENTS_SHOWN).join(', ')}, … ${shape.length} in all]`;

/** Throws a ShapeError that names the node. */
export function fail(context: InferContext, message: string): never {
  throw new ShapeError(message, context.node);
}

/** An axis of a shape, counted from the end when negative; ShapeError outside. */
export function axisOf(context: InferContext, axis: number, rank: number): number {
  try {
    return normalizeAxis(axis, rank);
  } catch (error) {
    if (error instanceof RangeError) fail(context, error.message);
    throw error;
  }
}

/** Throws a ShapeError where two shapes do not have as many elements. */
export function sameCount(context: InferContext, from: Shape, to: Shape): void {
  if (elementCount(from) !== elementCount(to)) {
    fail(
      context,
      `${describe(from)} has ${elementCount(from)} elements, ${describe(to)} ${elementCount(to)}`,
    );
  }
}
