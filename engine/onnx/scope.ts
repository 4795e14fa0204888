// Which value a name of the file means at a place: in the main graph, in a subgraph (which also sees the names around
// it) or in the body of a function (which sees only its own). A name, once bound, keeps its value.

import type { GraphBuilder } from '../ir/graph.ts';
import type { Attribute, ValueId } from '../ir/types.ts';
import type { FileFunction } from './file-model.ts';

/** Names of one graph, function or body, and the values they are bound to. */
export interface Scope {
  readonly builder: GraphBuilder;
  /** undefined: an input that the call of a function omits */
  readonly names: Map<string, ValueId | undefined>;
  /** names that nodes of this scope output, whether or not they were added yet */
  readonly defined: ReadonlySet<string>;
  /** names bound before the node that outputs them was added: in a cycle */
  readonly early: Set<string>;
  /** of a subgraph: the scope around it */
  readonly outer?: Scope;
  /** of a function's body: the scope of the call, and which name there a name here becomes */
  readonly caller?: { readonly scope: Scope; readonly results: ReadonlyMap<string, string> };
  /** put before names from the bodies of functions */
  readonly prefix: string;
  /** by domain */
  readonly opsets: Readonly<Record<string, number>>;
  /** of the function call, for references */
  readonly arguments: Readonly<Record<string, Attribute>>;
  /** functions being expanded, outermost first */
  readonly calls: readonly FileFunction[];
}

/** The value a name means: an omitted one is 'omitted', an unknown one undefined. */
export function lookUp(scope: Scope, name: string): ValueId | 'omitted' | undefined {
  if (scope.names.has(name)) return scope.names.get(name) ?? 'omitted';
  if (scope.defined.has(name)) {
    const id = define(scope, name);
    scope.early.add(name);
    return id;
  }
  if (!scope.outer) return undefined;
  const outer = lookUp(scope.outer, name);
  if (outer === undefined || outer === 'omitted') return outer;
  const { id: _, name: outerName, ...known } = scope.outer.builder.get(outer);
  const id = scope.builder.capture(outerName, known);
  scope.names.set(name, id);
  return id;
}

/** The value that a node's output makes under a name; undefined when another node did already. */
export function define(scope: Scope, name: string): ValueId | undefined {
  if (scope.early.delete(name)) return scope.names.get(name);
  if (scope.names.has(name)) return undefined;
  const result = scope.caller?.results.get(name);
  const id =
    scope.caller && result !== undefined
      ? define(scope.caller.scope, result)
      : scope.builder.value({ name: scope.prefix + name });
  if (id !== undefined) scope.names.set(name, id);
  return id;
}
