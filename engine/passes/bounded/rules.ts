// Operators that are parallel along run-time extents: every slice of a result along such an axis depends on the same
// slice of the operands alone, or what lies beyond the extent can be masked with what counts nothing.

import type { OperatorDefinition } from '../../ir/ops/definition.ts';
import { ELEMENTWISE_RULES, elementwise } from './elementwise-rules.ts';
import { MOVEMENT_RULES } from './movement-rules.ts';
import type { Rule } from './operands.ts';
import { PRODUCT_RULES } from './product-rules.ts';
import { REDUCTION_RULES } from './reduction-rules.ts';
import { SEQUENCE_RULES } from './sequence-rules.ts';
import { WINDOW_RULES } from './window-rules.ts';

const RULES: Readonly<Record<string, Rule>> = {
  ...ELEMENTWISE_RULES,
  ...PRODUCT_RULES,
  ...REDUCTION_RULES,
  ...WINDOW_RULES,
  ...MOVEMENT_RULES,
  ...SEQUENCE_RULES,
};

/** The rule for an operator; undefined where it is not known to be parallel along anything. */
export function ruleOf({ op, kind }: OperatorDefinition): Rule | undefined {
  if (Object.hasOwn(RULES, op)) return RULES[op];
  return kind === 'elementwise' ? elementwise : undefined;
}
