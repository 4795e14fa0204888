// Sums over trees: every row goes from each root down to a leaf, whose weights are added to the row's results.
// Invariant: children are nodes of the table or leaves, and no way comes back; what makes the table sees to that.

import type { TreesSpec } from '../../select/spec/trees.ts';
import { type KernelContext, simpleNeeds, type Template } from '../context.ts';
import type { Local } from '../wasm/function.ts';
import { itemRange, type Split, splitInto } from './work/rows.ts';

/** Work of one walk, in the units of elementwise expressions. */
const WALK_COST = 64;

/** Trees walked side by side: each step waits for memory, and steps of several trees wait at once. */
const TOGETHER = 4;

const splitOf = ({ rows, trees }: TreesSpec): Split => splitInto(rows, trees * WALK_COST);

/** Places of the table and of the row at hand. */
type Pointers = Readonly<
  Record<'nodes' | 'roots' | 'starts' | 'entryTargets' | 'weights' | 'features' | 'sums', Local>
>;

function emitTrees(k: KernelContext, spec: TreesSpec): void {
  const { f } = k;
  const { input, write, table } = spec;
  const { from, to } = itemRange(k, splitOf(spec), spec.rows);
  const local = (name: string): Local => f.local('i32', name);
  const at: Pointers = {
    nodes: local('nodes'),
    roots: local('roots'),
    starts: local('starts'),
    entryTargets: local('entryTargets'),
    weights: local('weights'),
    features: local('features'),
    sums: local('sums'),
  };
  for (const [target, buffer] of [
    [at.nodes, table.nodes],
    [at.roots, table.roots],
    [at.starts, table.starts],
    [at.entryTargets, table.targets],
    [at.weights, table.weights],
  ] as const) {
    k.address(buffer);
    f.set(target);
  }
  const row = local('row');
  f.range(row, from, to, 1, () => {
    for (const [pointer, { buffer, offset, strides }] of [
      [at.features, input],
      [at.sums, write],
    ] as const) {
      k.address(buffer, offset * 4);
      f.get(row);
      f.scale((strides[0] ?? 0) * 4);
      f.op('i32.add');
      f.set(pointer);
    }
    emitRow(k, spec, at);
  });
}

/** All sums of the row that `at` points to. */
function emitRow(k: KernelContext, spec: TreesSpec, at: Pointers): void {
  const { f } = k;
  const { targets, trees: count, write } = spec;
  for (let target = 0; target < targets; target++) {
    f.get(at.sums);
    f.f32(0);
    f.memory('f32.store', target * (write.strides[1] ?? 0) * 4);
  }
  const tree = f.local('i32', 'tree');
  const walks = (together: number): void =>
    f.scope(() => {
      const nodes = Array.from({ length: together }, () => f.local('i32', 'node'));
      for (const [i, node] of nodes.entries()) {
        pushWord(k, at.roots, tree, i);
        f.set(node);
      }
      emitWalks(k, spec, at, nodes);
      for (const node of nodes) f.scope(() => emitLeaf(k, spec, at, node));
    });
  const whole = count - (count % TOGETHER);
  f.range(tree, 0, whole, TOGETHER, () => walks(TOGETHER));
  f.range(tree, whole, count, 1, () => walks(1));
}

/** Pushes word `index` + `plus` of a list. */
function pushWord({ f }: KernelContext, list: Local, index: Local, plus = 0): void {
  f.get(list);
  f.get(index);
  f.scale(4);
  f.op('i32.add');
  f.memory('i32.load', 4 * plus);
}

/** From nodes down to leaves, a step of each in turn: all are negative then, and those that are stay. */
function emitWalks(k: KernelContext, spec: TreesSpec, at: Pointers, nodes: readonly Local[]): void {
  const { f } = k;
  f.block(done => {
    f.loop(again => {
      nodes.forEach((node, i) => {
        f.get(node);
        if (i > 0) f.op('i32.and');
      });
      f.i32(0);
      f.op('i32.lt_s');
      f.brIf(done);
      for (const node of nodes) f.scope(() => emitStep(k, spec, at, node));
      f.br(again);
    });
  });
}

/** `node` ← the child that the row goes to; where it is a leaf already, the first node is looked at for nothing. */
function emitStep({ f }: KernelContext, { input, missing }: TreesSpec, at: Pointers, node: Local): void {
  const [place, feature] = [f.local('i32', 'place'), f.local('i32', 'feature')];
  const value = f.local('f32', 'value');
  f.get(node);
  f.get(at.nodes);
  f.get(node);
  f.i32(0);
  f.get(node);
  f.i32(0);
  f.op('i32.gt_s');
  f.select();
  f.op('i32.add');
  f.tee(place);
  f.memory('i32.load', 0);
  f.set(feature);
  f.get(at.features);
  f.get(feature);
  f.i32(1);
  f.op('i32.shr_u');
  f.scale((input.strides[1] ?? 0) * 4);
  f.op('i32.add');
  f.memory('f32.load', 0);
  f.set(value);
  f.get(place);
  f.memory('i32.load', 8);
  f.get(place);
  f.memory('i32.load', 12);
  f.get(value);
  f.get(place);
  f.memory('f32.load', 4);
  f.op('f32.le');
  if (missing) {
    f.get(value);
    f.get(value);
    f.op('f32.ne');
    f.get(feature);
    f.op('i32.and');
    f.op('i32.or');
  }
  f.select();
  f.get(node);
  f.i32(0);
  f.op('i32.lt_s');
  f.select();
  f.set(node);
}

/** Adds what the leaf says; `node` is −1 − leaf. */
function emitLeaf(k: KernelContext, { write }: TreesSpec, at: Pointers, node: Local): void {
  const { f } = k;
  const [entry, end, sum] = [f.local('i32', 'entry'), f.local('i32', 'end'), f.local('i32', 'sum')];
  f.i32(-1);
  f.get(node);
  f.op('i32.sub');
  f.scale(4);
  f.get(at.starts);
  f.op('i32.add');
  f.tee(node);
  f.memory('i32.load', 0);
  f.set(entry);
  f.get(node);
  f.memory('i32.load', 4);
  f.set(end);
  f.range(entry, entry, end, 1, () => {
    pushWord(k, at.entryTargets, entry);
    f.scale((write.strides[1] ?? 0) * 4);
    f.get(at.sums);
    f.op('i32.add');
    f.tee(sum);
    f.get(sum);
    f.memory('f32.load', 0);
    f.get(at.weights);
    f.get(entry);
    f.scale(4);
    f.op('i32.add');
    f.memory('f32.load', 0);
    f.op('f32.add');
    f.memory('f32.store', 0);
  });
}

export const trees: Template<TreesSpec> = {
  needs: spec => simpleNeeds(splitOf(spec).units),
  emit: emitTrees,
};
