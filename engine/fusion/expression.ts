// Building scalar expressions. The builder shares equal subexpressions and folds constants as nodes are added, and
// only rewrites where the result stays the same bit for bit. Contraction to multiply-adds is the emitter's.

import { CONVERSIONS, evaluatePrimitive, isWhole, itemAt } from './evaluate.ts';
import type { Expression, ExpressionNode, Primitive, ScalarType } from './types.ts';
import { clampedWhole } from './whole-range.ts';

const BOOLEAN: ReadonlySet<Primitive> = new Set(['isnan', 'isinf', 'toBool', 'eq', 'lt', 'le']);

/** Collects the nodes of one expression; they are known by their numbers. */
export class ExpressionBuilder {
  readonly nodes: ExpressionNode[] = [];
  readonly #known = new Map<string, number>();

  /** The input with this index; the same node whenever it is asked for. */
  input(index: number, type: ScalarType): number {
    return this.#add({ kind: 'input', index, type });
  }

  /** A number; of 'f32' the nearest float32. */
  constant(value: number, type: ScalarType = 'f32'): number {
    return this.#add({ kind: 'constant', value: type === 'f32' ? Math.fround(value) : value, type });
  }

  /** The operation on nodes, or what it is known to be: a constant, or one of its arguments. */
  apply(op: Primitive, ...args: number[]): number {
    const rewritten = this.#rewrite(op, args);
    if (rewritten !== undefined) return rewritten;
    const node: ExpressionNode = { kind: 'apply', op, args, type: this.#resultType(op, args) };
    const values = args.map(arg => this.#constantOf(arg));
    if (values.every(value => value !== undefined)) {
      const value = evaluatePrimitive(op, values, this.type(args[0] ?? 0));
      // Beyond 2⁵³ a number no longer says which 64-bit integer is meant.
      if (node.type !== 'i64' || Number.isSafeInteger(value)) return this.constant(value, node.type);
    }
    return this.#add(node);
  }

  /** Of a node's value. */
  type(id: number): ScalarType {
    return this.#node(id).type;
  }

  /** Adds another expression, its inputs replaced by nodes of this one; the ids of its results. */
  inline(expression: Expression, inputs: readonly number[]): number[] {
    const ids: number[] = [];
    for (const node of expression.nodes) {
      if (node.kind === 'constant') ids.push(this.constant(node.value, node.type));
      else if (node.kind === 'apply')
        ids.push(this.apply(node.op, ...node.args.map(arg => itemAt(ids, arg))));
      else ids.push(itemAt(inputs, node.index));
    }
    return expression.results.map(result => itemAt(ids, result));
  }

  /** The expression of these results, without nodes they don't need. Inputs keep their indices. */
  build(results: readonly number[]): Expression {
    const needed = new Set<number>();
    const visit = (id: number): void => {
      if (needed.has(id)) return;
      needed.add(id);
      const node = this.#node(id);
      if (node.kind === 'apply') node.args.forEach(visit);
    };
    results.forEach(visit);
    const order = [...needed].sort((a, b) => a - b);
    const place = new Map(order.map((id, index) => [id, index]));
    const moved = (id: number) => place.get(id) ?? 0;
    const nodes = order.map(id => {
      const node = this.#node(id);
      return node.kind === 'apply' ? { ...node, args: node.args.map(moved) } : node;
    });
    return { nodes, results: results.map(moved) };
  }

  #node(id: number): ExpressionNode {
    return itemAt(this.nodes, id);
  }

  #constantOf(id: number): number | undefined {
    const node = this.#node(id);
    return node.kind === 'constant' ? node.value : undefined;
  }

  #add(node: ExpressionNode): number {
    const value = node.kind === 'constant' && Object.is(node.value, -0) ? '-0' : '';
    const key = `${JSON.stringify(node)}${value}${node.kind === 'constant' ? String(node.value) : ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.nodes.push(node);
    this.#known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  #resultType(op: Primitive, args: readonly number[]): ScalarType {
    if (BOOLEAN.has(op)) return 'bool';
    const converted = CONVERSIONS[op];
    if (converted) return converted;
    return this.type(itemAt(args, op === 'select' ? 1 : 0));
  }

  /** A small whole number that goes to an integer and back is itself, NaN is 0. */
  #stored(id: number): number | undefined {
    const node = this.#node(id);
    const number = node.kind === 'apply' && node.op === 'toI32' ? node.args[0] : undefined;
    if (number === undefined || this.type(number) !== 'f32') return undefined;
    if (!clampedWhole({ nodes: this.nodes, results: [] }, 16)[number]) return undefined;
    return this.apply('select', this.apply('eq', number, number), number, this.constant(0));
  }

  /** Exact identities only. */
  #rewrite(op: Primitive, args: readonly number[]): number | undefined {
    const [a = 0, b = 0, c = 0] = args;
    const x = args.length > 0 ? this.#constantOf(a) : undefined;
    const y = args.length > 1 ? this.#constantOf(b) : undefined;
    const node = this.#node(a);
    switch (op) {
      case 'mul':
        return y === 1 ? a : x === 1 ? b : undefined;
      case 'div':
        if (y === 1) return a;
        // Halving and doubling are exact; any other reciprocal is not.
        if (y !== undefined && this.type(a) === 'f32' && isPowerOfTwo(y)) {
          return this.apply('mul', a, this.constant(1 / y));
        }
        return undefined;
      case 'sub':
        return Object.is(y, 0) ? a : undefined;
      case 'add':
        if (isWhole(this.type(a))) return y === 0 ? a : x === 0 ? b : undefined;
        return Object.is(y, -0) ? a : Object.is(x, -0) ? b : undefined;
      case 'min':
      case 'max':
      case 'and':
      case 'or':
        return a === b ? a : undefined;
      case 'neg':
      case 'not':
        return node.kind === 'apply' && node.op === op ? node.args[0] : undefined;
      case 'select':
        if (b === c) return b;
        return x === undefined ? undefined : x !== 0 ? b : c;
      case 'toF32':
        return this.#stored(a) ?? (this.type(a) === 'f32' ? a : undefined);
      case 'toI32':
      case 'toF64':
      case 'toI64':
      case 'toBool':
        return this.type(a) === CONVERSIONS[op] ? a : undefined;
      default:
        return undefined;
    }
  }
}

const isPowerOfTwo = (value: number): boolean => {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) < 120;
};
