// Expressions as text, as the app and the command line show them.

import { itemAt } from './evaluate.ts';
import type { Expression, ExpressionNode, Primitive } from './types.ts';

type Apply = Extract<ExpressionNode, { kind: 'apply' }>;

const INFIX: Partial<Record<Primitive, string>> = {
  add: '+',
  sub: '−',
  mul: '·',
  div: '/',
  eq: '=',
  lt: '<',
  le: '≤',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: '<<',
  shr: '>>',
};

/**
 * Readable text, one line per result: `y = max(conv + bias, 0)`. Inputs and results go by the names given;
 * what is used more than once gets a line of its own first.
 */
export function printExpression(
  expression: Expression,
  inputs: readonly string[],
  results: readonly string[],
): string {
  const uses = new Array<number>(expression.nodes.length).fill(0);
  for (const node of expression.nodes) {
    if (node.kind === 'apply') for (const arg of node.args) uses[arg] = (uses[arg] ?? 0) + 1;
  }
  const lines: string[] = [];
  const texts: string[] = [];
  expression.nodes.forEach((node, id) => {
    if (node.kind === 'input') texts.push(inputs[node.index] ?? `x${node.index}`);
    else if (node.kind === 'constant') texts.push(printNumber(node.value));
    else {
      const text = printApply(node, texts);
      const shared = (uses[id] ?? 0) > 1;
      if (shared) lines.push(`t${id} = ${strip(text)}`);
      texts.push(shared ? `t${id}` : text);
    }
  });
  expression.results.forEach((result, i) => {
    lines.push(`${results[i] ?? `y${i}`} = ${strip(itemAt(texts, result))}`);
  });
  return lines.join('\n');
}

const printNumber = (value: number): string => String(Number(value.toPrecision(7)));

/** Without the parentheses that enclose all of it. */
function strip(text: string): string {
  if (!text.startsWith('(')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}

function printApply(node: Apply, texts: readonly string[]): string {
  const args = node.args.map(arg => itemAt(texts, arg));
  const sign = INFIX[node.op];
  if (sign) return `(${args[0]} ${sign} ${args[1]})`;
  if (node.op === 'madd') return `(${args[0]} · ${args[1]} + ${args[2]})`;
  if (node.op === 'neg') return `−${args[0]}`;
  if (node.op === 'select') return `(${args[0]} ? ${args[1]} : ${args[2]})`;
  return `${node.op}(${args.map(strip).join(', ')})`;
}
