import { describe, expect, it } from 'vitest';
import { indexGraph, localPlace, shortName } from '../../../renderer/state/derived/graph-index.ts';
import {
  highlightOf,
  type Selection,
  sameSelection,
  selectionOfSteps,
  withoutPlan,
} from '../../../renderer/state/selection.ts';
import { FUSED_PLAN, GRAPH, GROUP, PLAN } from '../support/made-up.ts';

const index = indexGraph(GRAPH);

function marked(selection: Selection, plan = PLAN, groups = [GROUP]) {
  const { tensors, nodes, steps, buffers, groups: marks } = highlightOf(selection, index, plan, groups);
  return {
    tensors: [...tensors],
    nodes: [...nodes],
    steps: [...steps],
    buffers: [...buffers],
    groups: [...marks],
  };
}

describe('highlightOf', () => {
  it('marks a tensor with its row and the step that writes it', () => {
    expect(marked({ kind: 'tensor', id: 2 })).toEqual({
      tensors: [2],
      nodes: [],
      steps: [1],
      buffers: [2],
      groups: [],
    });
  });

  it('marks a node with its results, its step and its group', () => {
    expect(marked({ kind: 'node', id: 3 })).toEqual({
      tensors: [4],
      nodes: [3],
      steps: [2],
      buffers: [4],
      groups: ['node3'],
    });
  });

  it('marks what a fused step writes for a tensor that stays in registers', () => {
    expect(marked({ kind: 'tensor', id: 4 }, FUSED_PLAN)).toMatchObject({ steps: [3], buffers: [5] });
  });

  it('marks all nodes of a group and of a step', () => {
    expect(marked({ kind: 'group', id: 'node3' }, FUSED_PLAN).nodes).toEqual([3, 4]);
    expect(marked({ kind: 'step', id: 3 }, FUSED_PLAN).nodes).toEqual([3, 4]);
  });

  it('marks a graph input, which no step writes', () => {
    expect(marked({ kind: 'tensor', id: 0 })).toMatchObject({ tensors: [0], steps: [], buffers: [0] });
  });

  it('marks nothing for nothing', () => {
    expect(highlightOf(undefined, index, PLAN, []).nodes.size).toBe(0);
  });
});

describe('withoutPlan', () => {
  it('keeps nodes and tensors, turns steps into nodes, drops the rest', () => {
    expect(withoutPlan({ kind: 'tensor', id: 1 }, PLAN)).toEqual({ kind: 'tensor', id: 1 });
    expect(withoutPlan({ kind: 'step', id: 2 }, PLAN)).toEqual({ kind: 'node', id: 3 });
    expect(withoutPlan({ kind: 'buffer', id: 2 }, PLAN)).toBeUndefined();
    expect(withoutPlan(selectionOfSteps(1, 4), PLAN)).toMatchObject({ kind: 'nodes', nodes: [1, 3, 2] });
  });
});

describe('several steps', () => {
  it('are one step where that is all, and mark what each of them writes', () => {
    expect(selectionOfSteps(2, 3)).toEqual({ kind: 'step', id: 2 });
    expect(selectionOfSteps(1, 3)).toEqual({ kind: 'steps', id: '1 to 2', from: 1, to: 3 });
    expect(marked(selectionOfSteps(1, 3))).toMatchObject({ steps: [1, 2], nodes: [1, 3], buffers: [2, 4] });
  });
});

it('two selections are the same where kind, id and the body they are in are', () => {
  const node: Selection = { kind: 'node', id: 1 };
  expect(sameSelection(node, { kind: 'node', id: 1 })).toBe(true);
  expect(sameSelection(node, { kind: 'node', id: 2 })).toBe(false);
  expect(sameSelection(node, { kind: 'tensor', id: 1 })).toBe(false);
  expect(sameSelection(node, { ...node, body: '4:then_branch' })).toBe(false);
  expect(sameSelection(node, undefined)).toBe(false);
});

describe('names', () => {
  it('shortens scoped names to their end', () => {
    expect(shortName('/features/3/conv/Conv')).toBe('conv/Conv');
    expect(shortName('Conv_12')).toBe('Conv_12');
  });

  it('leaves the folder out of places', () => {
    expect(localPlace('/tmp/u1/a.onnx, byte 3', '/tmp/u1/a.onnx')).toBe('a.onnx, byte 3');
    expect(localPlace('node 3', undefined)).toBe('node 3');
  });
});
