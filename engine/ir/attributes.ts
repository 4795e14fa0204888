// Reading a node's attributes by name, type and default. A wrong type counts as bad input, reported with its place.

import type { Constant, Graph, Node } from './types.ts';

/** An attribute that is missing or not what the operator asks for: the user's model is wrong, not our code. */
export class AttributeError extends Error {
  override readonly name = 'AttributeError';
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
    throw new AttributeError(
      `${node.op} "${node.name}": attribute ${name} should be of type ${type}, found ${attribute.type}`,
    );
  }
  // The check above ties T to the attribute's type; the compiler cannot follow it through the generic.
  return (attribute as { readonly value: unknown }).value as ValueOfType[T];
}

function orMissing<V>(value: V | undefined, node: Node, name: string): V {
  if (value === undefined) {
    throw new AttributeError(`${node.op} "${node.name}": required attribute ${name} is missing`);
  }
  return value;
}

export const hasAttribute = (node: Node, name: string): boolean => node.attributes[name] !== undefined;

/** Without a default the attribute is required. */
export function intAttribute(node: Node, name: string, otherwise?: number): number {
  return orMissing(read(node, name, 'int') ?? otherwise, node, name);
}

export function floatAttribute(node: Node, name: string, otherwise?: number): number {
  return orMissing(read(node, name, 'float') ?? otherwise, node, name);
}

export function stringAttribute(node: Node, name: string, otherwise?: string): string {
  return orMissing(read(node, name, 'string') ?? otherwise, node, name);
}

export function boolAttribute(node: Node, name: string, otherwise: boolean): boolean {
  return intAttribute(node, name, otherwise ? 1 : 0) !== 0;
}

/** undefined when absent: many list attributes have defaults that depend on the rank. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'ints');
}

export function floatsAttribute(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'floats');
}

export function stringsAttribute(node: Node, name: string): readonly string[] | undefined {
  return read(node, name, 'strings');
}

export function tensorAttribute(node: Node, name: string): Constant | undefined {
  return read(node, name, 'tensor');
}

export function graphAttribute(node: Node, name: string): Graph {
  return orMissing(read(node, name, 'graph'), node, name);
}
