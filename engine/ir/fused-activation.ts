// The activation that an operator of onnxruntime names in an attribute: another operator of one input, or none.

import { AttributeError, stringAttribute } from './attributes.ts';
import type { Node } from './types.ts';

const NAMES: ReadonlySet<string> = new Set([
  ...['Clip', 'Elu', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'Relu', 'Selu', 'Sigmoid'],
  ...['Softplus', 'Softsign', 'Tanh', 'ThresholdedRelu'],
]);

/** Its name; '' for none. Throws AttributeError for one that is no activation. */
export function fusedActivation(node: Node): string {
  const name = stringAttribute(node, 'activation', '');
  if (name === '' || NAMES.has(name)) return name;
  throw new AttributeError(
    'activation',
    `expected one of the activations ${[...NAMES].join(', ')}, found "${name}"`,
    node,
  );
}
