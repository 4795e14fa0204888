// Reading a node's attributes by name, type and default. A wrong type counts as bad input, reported with its place.

import type { Constant, Graph, Node } from './types.ts';

/** 'MatMul "product" of opset 13': where in a model something is. */
export const placeOf = ({ op, name, version }: Pick<Node, 'op' | 'name' | 'version'>): string =>
  `${op} "${name}" of opset ${version}`;

/** A node contradicts its operator. `reason` says why; `message` also where, if that is given. */
export class NodeError extends Error {
  readonly reason: string;
  readonly node: Node | undefined;
  /** the one that is to blame, where one alone is */
  readonly attribute: string | undefined;
  constructor(reason: string, node?: Node, attribute?: string) {
    super(node ? `${placeOf(node)}: ${reason}` : reason);
    this.reason = reason;
    this.node = node;
    this.attribute = attribute;
  }
}

/** An attribute that is missing or not what the operator asks for. */
export class AttributeError extends NodeError {
  override readonly name = 'AttributeError';
  constructor(attribute: string, reason: string, node: Node) {
    super(reason, node, attribute);
  }
}

interface ValueOfType {
  readonly int: number;
  readonly float: number;
  readonly string: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly strings: readonly string[];
  readonly tensor: Constant;
  readonly graph: Graph;
}

function read<T extends keyof ValueOfType>(node: Node, name: string, type: T): ValueOfType[T] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (attribute.type !== type) {
    const reason = `attribute ${name} should be of type ${type}, found ${attribute.type}`;
    throw new AttributeError(name, reason, node);
  }
  // The check above ties T to the attribute's type; the compiler cannot follow it through the generic.
  return (attribute as { readonly value: unknown }).value as ValueOfType[T];
}

function orMissing<V>(value: V | undefined, node: Node, name: string): V {
  if (value === undefined) {
    throw new AttributeError(name, `required attribute ${name} is missing`, node);
  }
  return value;
}

/** Whether the node says it, whatever its type. */
export const hasAttribute = (node: Node, name: string): boolean => node.attributes[name] !== undefined;

/** Without a default the attribute is required. */
export function intAttribute(node: Node, name: string, otherwise?: number): number {
  return orMissing(read(node, name, 'int') ?? otherwise, node, name);
}

/** Without a default the attribute is required. */
export function floatAttribute(node: Node, name: string, otherwise?: number): number {
  return orMissing(read(node, name, 'float') ?? otherwise, node, name);
}

/** Without a default the attribute is required. */
export function stringAttribute(node: Node, name: string, otherwise?: string): string {
  return orMissing(read(node, name, 'string') ?? otherwise, node, name);
}

/** An int that is 0 or not. */
export function boolAttribute(node: Node, name: string, otherwise: boolean): boolean {
  return intAttribute(node, name, otherwise ? 1 : 0) !== 0;
}

/** undefined when absent: many list attributes have defaults that depend on the rank. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'ints');
}

/** undefined when absent. */
export function floatsAttribute(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'floats');
}

/** undefined when absent. */
export function stringsAttribute(node: Node, name: string): readonly string[] | undefined {
  return read(node, name, 'strings');
}

/** undefined when absent. */
export function tensorAttribute(node: Node, name: string): Constant | undefined {
  return read(node, name, 'tensor');
}

/** Required. */
export function graphAttribute(node: Node, name: string): Graph {
  return orMissing(read(node, name, 'graph'), node, name);
}
