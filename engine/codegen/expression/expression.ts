// Code for an expression: the one place where fused operations become instructions, for every kernel.
// Values stand in locals, so each node of the DAG is computed once however often it is used.

import type { Expression, ExpressionNode, Primitive } from '../../fusion/types.ts';
import { clampedWhole } from '../../fusion/whole-range.ts';
import { integerBits } from '../math/integer-bits.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import { emitPrimitive } from './primitives.ts';

/** Nodes that some result depends on. */
const reachable = ({ nodes, results }: Expression): boolean[] => {
  const needed = nodes.map(() => false);
  for (const result of results) needed[result] = true;
  for (let k = nodes.length - 1; k >= 0; k--) {
    const node = nodes[k];
    if (needed[k] && node?.kind === 'apply') for (const arg of node.args) needed[arg] = true;
  }
  return needed;
};

const at = <T>(list: readonly (T | undefined)[], k: number, what: string): T => {
  const found = list[k];
  if (found === undefined) throw new Error(`expression: no ${what} ${k}`);
  return found;
};

/** Nodes computed from what was an integer: numbers of a quantised model, which rounds them to integers again. */
const fromIntegers = ({ nodes }: Expression): boolean[] => {
  const found: boolean[] = [];
  for (const node of nodes) {
    const args = node.kind === 'apply' ? node.args : [];
    const types = args.map(arg => nodes[arg]?.type);
    const converts = node.type === 'f32' && types.some(type => type === 'i32' || type === 'i64');
    found.push(converts || args.some(arg => found[arg]));
  }
  return found;
};

/**
 * The same expression with a·b + c and c − a·b as one operation each where the product has no other use.
 * Only for targets that may round once (fma). Dequantised numbers are left alone: what is rounded once may lie on the
 * other side of where the model rounds to a step, and layer by layer a last bit would become whole steps.
 */
export const contract = (expression: Expression): Expression => {
  const nodes = expression.nodes.slice();
  const uses = nodes.map(() => 0);
  const quantised = fromIntegers(expression);
  for (const node of nodes)
    if (node.kind === 'apply') for (const arg of node.args) uses[arg] = (uses[arg] ?? 0) + 1;
  for (const result of expression.results) uses[result] = (uses[result] ?? 0) + 1;
  nodes.forEach((node, k) => {
    if (node.kind !== 'apply' || node.op !== 'add' || node.type !== 'f32' || quantised[k]) return;
    const product = node.args.findIndex(arg => {
      const candidate = nodes[arg];
      return candidate?.kind === 'apply' && candidate.op === 'mul' && uses[arg] === 1;
    });
    if (product < 0) return;
    const mul = at(nodes, at(node.args, product, 'argument'), 'node');
    if (mul.kind !== 'apply') return;
    nodes[k] = { ...node, op: 'madd', args: [...mul.args, at(node.args, 1 - product, 'argument')] };
  });
  return { nodes, results: expression.results };
};

/** Operations that are many instructions, roughly. */
const COSTS: Partial<Record<Primitive, number>> = {
  exp: 20,
  log: 30,
  tanh: 20,
  erf: 20,
  roundF16: 20,
  roundBf16: 8,
  div: 4,
  sqrt: 4,
  pow: 70,
};
/** Everything in double precision or lane by lane. */
const DOUBLE: ReadonlySet<Primitive> = new Set<Primitive>([
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'asinh',
  'acosh',
  'atanh',
  'rem',
  'mod',
]);

/** Rough work per element, in simple vector operations; an input or a result counts as one. */
export const expressionCost = ({ nodes, results }: Expression): number =>
  nodes.reduce(
    (sum, node) => sum + (node.kind === 'apply' ? (DOUBLE.has(node.op) ? 100 : (COSTS[node.op] ?? 1)) : 1),
    results.length,
  );

/** Conversions to integers that only narrow results need, of small whole numbers. */
const lowestBits = (expression: Expression, narrow: readonly boolean[]): boolean[] => {
  const { nodes, results } = expression;
  const small = clampedWhole(expression, 16);
  const elsewhere = new Set([
    ...nodes.flatMap(node => (node.kind === 'apply' ? node.args : [])),
    ...results.filter((_, i) => !narrow[i]),
  ]);
  return nodes.map(
    (node, k) =>
      node.kind === 'apply' &&
      node.op === 'toI32' &&
      nodes[node.args[0] ?? -1]?.type === 'f32' &&
      small[node.args[0] ?? -1] === true &&
      !elsewhere.has(k),
  );
};

/** Emits an expression, again and again at different places of a function. */
export class ExpressionEmitter {
  private readonly v: Vectors;
  private readonly expression: Expression;
  private readonly needed: readonly boolean[];
  /** conversions of which only the lowest bits are wanted, and whose operands are small whole numbers */
  private readonly lowest: readonly boolean[];
  /** values of nodes computed outside the innermost loops */
  private hoisted = new Map<number, Value>();

  /** `narrow`: of which results only the lowest 16 bits are stored. */
  constructor(v: Vectors, expression: Expression, narrow: readonly boolean[] = []) {
    this.v = v;
    this.expression = v.fma ? contract(expression) : expression;
    this.needed = reachable(this.expression);
    this.lowest = v.scalar ? [] : lowestBits(this.expression, narrow);
  }

  /**
   * Computes now what depends on invariant inputs only, and reuses it for everything emitted in `body`.
   * `invariant` says of each input whether it keeps its value throughout `body`.
   */
  hoist(invariant: (input: number) => boolean, input: (index: number) => Value, body: () => void): void {
    const outer = this.hoisted;
    const fixed = this.fixedNodes(invariant);
    this.v.f.scope(() => {
      this.hoisted = new Map(outer);
      this.expression.nodes.forEach((node, k) => {
        if (fixed[k] && this.needed[k] && !outer.has(k))
          this.hoisted.set(k, this.node(node, this.hoisted, input));
      });
      body();
    });
    this.hoisted = outer;
  }

  private fixedNodes(invariant: (input: number) => boolean): boolean[] {
    const fixed: boolean[] = [];
    for (const node of this.expression.nodes)
      fixed.push(
        node.kind === 'constant' ||
          (node.kind === 'input' ? invariant(node.index) : node.args.every(arg => fixed[arg])),
      );
    return fixed;
  }

  /** Computes all results; `input` loads (or gives) an input, asked once for each. Locals stay in the caller's scope. */
  evaluate(input: (index: number) => Value): Value[] {
    const { f } = this.v;
    return f.scope(
      () => {
        const values = new Map(this.hoisted);
        const once = new Map<number, Value>();
        const load = (index: number): Value => {
          const value = once.get(index) ?? input(index);
          once.set(index, value);
          return value;
        };
        this.expression.nodes.forEach((node, k) => {
          if (this.needed[k] && !values.has(k)) values.set(k, this.node(node, values, load));
        });
        return this.expression.results.map(result => {
          const value = values.get(result);
          if (!value) throw new Error(`expression: no value for result node ${result}`);
          return value;
        });
      },
      values => values.flatMap(value => value.parts),
    );
  }

  private node(
    node: ExpressionNode,
    values: ReadonlyMap<number, Value>,
    input: (index: number) => Value,
  ): Value {
    if (node.kind === 'constant') return this.v.constant(node.type, node.value);
    if (node.kind === 'input') {
      const value = input(node.index);
      if (value.type !== node.type)
        throw new Error(`expression input ${node.index} expects ${node.type}, got ${value.type}`);
      return value;
    }
    const args = node.args.map(arg => {
      const value = values.get(arg);
      if (!value) throw new Error(`expression: node ${arg} used before it is computed`);
      return value;
    });
    const [operand] = args;
    if (operand && this.lowest[this.expression.nodes.indexOf(node)]) return integerBits(this.v, operand);
    const constants = node.args.map(arg => {
      const found = this.expression.nodes[arg];
      return found?.kind === 'constant' ? found.value : undefined;
    });
    return emitPrimitive(this.v, node.op, args, constants);
  }
}
