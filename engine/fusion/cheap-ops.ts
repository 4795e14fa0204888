// Elementwise operators that may be computed more than once rather than stored. Each list has the one before it.

/** They cost less than a wider number to store and read: what casts and dequantisations are made of. */
const WIDENING = ['Add', 'Sub', 'Mul', 'Cast'];
/** An instruction or two: next to nothing, even where a template reads its input several times. */
const FEW_INSTRUCTIONS = [...WIDENING, 'Neg', 'Relu', 'Clip', 'Max', 'Min', 'Abs', 'Where'];
/** Less than an element stored and read again, where no operand has to be read for it. */
const LESS_THAN_ACCESS = [
  ...FEW_INSTRUCTIONS,
  ...['Not', 'And', 'Or', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'],
  ...['LeakyRelu', 'HardSigmoid'],
];

/** Names of operators by how cheap it is to compute their results again. */
export const CHEAP_OPS = {
  widening: new Set(WIDENING),
  fewInstructions: new Set(FEW_INSTRUCTIONS),
  lessThanAccess: new Set(LESS_THAN_ACCESS),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>;
