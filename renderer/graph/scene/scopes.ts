// Nodes grouped by the scopes in their names: what exporters write into metadata, else '/' or '.' in the name.
// A fused group is not torn apart: it lies in the innermost scope that holds all of it.

import type { FusedGroup } from '../../../engine/report/types/compile.ts';
import type { GraphSummary, NodeSummary } from '../../../engine/report/types/model.ts';
import type { OpenScopes } from '../../state/app-state.ts';
import { scopePathOf } from '../../state/derived/scope-path.ts';
import { inRanges } from './ranges.ts';

export interface Scope {
  /** the whole path, 'layers/0/attention' */
  readonly id: string;
  /** what is said beside the scope around it */
  readonly name: string;
  /** of the scope around it */
  readonly parent?: string;
  /** ids of all nodes in it, in the order of the graph */
  readonly nodes: readonly number[];
  /** scopes and units directly in it */
  readonly children: number;
  /** a range of siblings, in the place of too many of them */
  readonly range?: true;
}

export interface ScopeTree {
  /** outer ones before what is in them */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** node id → id of the innermost scope it is drawn in */
  readonly scopeOf: ReadonlyMap<number, string>;
  /** scopes and units in no scope */
  readonly children: number;
  /** of the whole graph, as far as they are drawn */
  readonly nodes: number;
}

interface Branch {
  readonly id: string;
  readonly name: string;
  readonly scopes: Map<string, Branch>;
  /** nodes that belong together, each in graph order */
  readonly units: (readonly number[])[];
  readonly range?: true;
}

const branch = (id: string, name: string): Branch => ({ id, name, scopes: new Map(), units: [] });

export function scopeTreeOf(graph: GraphSummary, groups: readonly FusedGroup[]): ScopeTree {
  const root = branch('', '');
  const paths = new Map(graph.nodes.map(node => [node.id, scopePathOf(node)]));
  for (const unit of unitsOf(graph, groups)) {
    let at = root;
    for (const name of commonStart(unit.map(node => paths.get(node) ?? []))) {
      const next = at.scopes.get(name) ?? branch(at.id === '' ? name : `${at.id}/${name}`, name);
      at.scopes.set(name, next);
      at = next;
    }
    at.units.push(unit);
  }
  const scopes = new Map<string, Scope>();
  const scopeOf = new Map<number, string>();
  const names = new Map(graph.nodes.map(node => [node.id, lastNameOf(node)]));
  const top = ranged(simplified(root), names);
  record(top, undefined, scopes, scopeOf);
  return {
    scopes,
    scopeOf,
    children: top.scopes.size + top.units.length,
    nodes: graph.nodes.filter(isDrawn).length,
  };
}

/** Constants are weights: they are not drawn, and do not count. */
const isDrawn = ({ op }: NodeSummary): boolean => op !== 'Constant';

/** Fused groups of several nodes, and every other node by itself, by their first node. */
function unitsOf(graph: GraphSummary, groups: readonly FusedGroup[]): readonly (readonly number[])[] {
  // Of groups around groups the outermost is the unit.
  const outermostLast = groups.toSorted((a, b) => a.nodes.length - b.nodes.length);
  const groupOf = new Map(
    outermostLast.flatMap(({ nodes }) => (nodes.length > 1 ? nodes.map(node => [node, nodes] as const) : [])),
  );
  const seen = new Set<readonly number[]>();
  return graph.nodes.filter(isDrawn).flatMap(({ id }) => {
    const group = groupOf.get(id);
    if (!group) return [[id]];
    if (seen.has(group)) return [];
    seen.add(group);
    return [group];
  });
}

function commonStart(paths: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = paths;
  const length = first.findIndex((name, place) => others.some(path => path[place] !== name));
  return length < 0 ? first : first.slice(0, length);
}

/** Without scopes that hold one thing only: they say nothing. A scope in which all lies in one other joins it. */
function simplified(from: Branch): Branch {
  const to = branch(from.id, from.name);
  to.units.push(...from.units);
  for (const [key, scope] of from.scopes) {
    const inner = simplified(scope);
    const [only] = inner.scopes.values();
    if (inner.scopes.size === 0 && inner.units.length <= 1) to.units.push(...inner.units);
    else if (only && inner.scopes.size === 1 && inner.units.length === 0) {
      to.scopes.set(key, { ...only, name: `${inner.name}/${only.name}` });
    } else to.scopes.set(key, inner);
  }
  return to;
}

/** 'Conv_12' of 'features/3/Conv_12'; of 'layer.7' the '7', as in the name of a scope. */
function lastNameOf({ name, op }: NodeSummary): string {
  const last = name.split(name.includes('/') ? '/' : '.').findLast(part => part !== '');
  return last ?? op;
}

/** A scope or a unit among its siblings. */
interface Child {
  readonly name: string;
  /** the node that comes first in the graph */
  readonly first: number;
  readonly scope?: Branch;
  readonly unit?: readonly number[];
}

const firstNode = ({ units, scopes }: Branch): number =>
  [
    ...units.map(([first]) => first ?? Number.POSITIVE_INFINITY),
    ...[...scopes.values()].map(firstNode),
  ].reduce((first, node) => Math.min(first, node), Number.POSITIVE_INFINITY);

/** With ranges in the place of too many siblings, in graph order. */
function ranged(from: Branch, names: ReadonlyMap<number, string>): Branch {
  const scopes = [...from.scopes.values()].map(scope => ranged(scope, names));
  const children: Child[] = [
    ...scopes.map(scope => ({ name: scope.name, first: firstNode(scope), scope })),
    ...from.units.map(unit => ({ name: names.get(unit[0] ?? -1) ?? '', first: unit[0] ?? 0, unit })),
  ];
  const to: Branch = { ...from, scopes: new Map(), units: [] };
  const add = (branch: Branch, { scope, unit }: Child): void => {
    if (scope) branch.scopes.set(scope.id, scope);
    if (unit) branch.units.push(unit);
  };
  const sorted = children.toSorted((a, b) => a.first - b.first);
  for (const child of inRanges(sorted, FITTING)) {
    if (!('members' in child)) add(to, child);
    else {
      // Numbers say little without what they count.
      const name = /^\d/.test(child.name) && from.name !== '' ? `${from.name} ${child.name}` : child.name;
      const path = from.id === '' ? child.name : `${from.id}/${child.name}`;
      // Of ranges that are called alike, each has its first node in its id.
      const id = to.scopes.has(path) ? `${path} ${child.members[0]?.first ?? ''}` : path;
      const range: Branch = { ...branch(id, name), range: true };
      for (const member of child.members) add(range, member);
      to.scopes.set(id, range);
    }
  }
  return to;
}

function record(
  from: Branch,
  parent: string | undefined,
  scopes: Map<string, Scope>,
  scopeOf: Map<number, string>,
): readonly number[] {
  const nodes: number[] = from.units.flat();
  const own = parent === undefined ? undefined : from.id;
  // The place in the map comes first: outer scopes before inner ones.
  if (own !== undefined) {
    for (const node of nodes) scopeOf.set(node, own);
    scopes.set(own, { id: own, name: from.name, nodes: [], children: 0 });
  }
  for (const scope of from.scopes.values()) nodes.push(...record(scope, from.id, scopes, scopeOf));
  nodes.sort((a, b) => a - b);
  if (own !== undefined) {
    scopes.set(own, {
      id: own,
      name: from.name,
      ...(parent !== '' && { parent: parent ?? '' }),
      nodes,
      children: from.units.length + from.scopes.size,
      ...(from.range && { range: true }),
    });
  }
  return nodes;
}

/** As many scopes as leave about this many things to look at. */
const FITTING = 200;

/** The ids of the scopes that are open. */
export function openScopesOf(tree: ScopeTree, state: OpenScopes): ReadonlySet<string> {
  const open =
    state.start === 'all'
      ? new Set(tree.scopes.keys())
      : state.start === 'none'
        ? new Set<string>()
        : fittingScopes(tree);
  for (const id of state.toggled) if (tree.scopes.has(id) && !open.delete(id)) open.add(id);
  return open;
}

/**
 * Opens scopes from the outside in, small ones first, while what is to be seen stays within bounds; no ranges, of
 * which some would be open and others, alike, not. A scope that holds most of the graph is open whatever its size: closed, it would hide the model.
 */
function fittingScopes({ scopes, children, nodes }: ScopeTree): Set<string> {
  const open = new Set<string>();
  const inner = Map.groupBy(scopes.values(), scope => scope.parent);
  let visible = children;
  let level = inner.get(undefined) ?? [];
  while (level.length > 0) {
    const next: Scope[] = [];
    for (const scope of level.toSorted((a, b) => a.children - b.children)) {
      if (scope.range) continue;
      const fits = visible - 1 + scope.children <= FITTING;
      if (!fits && scope.nodes.length <= nodes / 2) continue;
      visible += scope.children - 1;
      open.add(scope.id);
      next.push(...(inner.get(scope.id) ?? []));
    }
    level = next;
  }
  return open;
}

/** The closed scopes around a node, outermost first: those to open so that it can be seen. */
export function closedAround(tree: ScopeTree, open: ReadonlySet<string>, node: number): readonly string[] {
  const closed: string[] = [];
  for (let id = tree.scopeOf.get(node); id !== undefined; id = tree.scopes.get(id)?.parent) {
    if (!open.has(id)) closed.unshift(id);
  }
  return closed;
}
