import { describe, expect, it } from 'vitest';
import type { GraphSummary } from '../../../../engine/report/types/model.ts';
import { type Query, search, searchIndexOf } from '../../../../renderer/graph/search/search.ts';
import { GRAPH } from '../../support/made-up.ts';

describe('search', () => {
  const index = searchIndexOf(GRAPH);
  const find = (text: string, query: Partial<Query> = {}) =>
    search(index, { text, regex: false, kind: undefined, ...query }, 10).hits.map(
      hit => `${hit.kind} ${hit.title}`,
    );

  it('finds operators, nodes and tensors, whole names first', () => {
    expect(find('tanh')).toEqual(['operator Tanh', 'node Tanh']);
    expect(find('node3')).toEqual(['node Neg']);
    expect(find('F')).toContain('tensor F');
    expect(find('f')[0]).toBe('tensor F');
  });

  it('wants every word', () => {
    expect(find('output 25')).toEqual(['tensor F']);
    expect(find('output 26')).toEqual([]);
    expect(find('   ')).toEqual([]);
  });

  it('takes regular expressions, and says what is wrong with one', () => {
    expect(find('^(neg|tanh)$', { regex: true })).toEqual([
      'operator Tanh',
      'operator Neg',
      'node Tanh',
      'node Neg',
    ]);
    expect(find('^node[34]$', { regex: true })).toEqual(['node Neg', 'node Add']);
    const broken = search(index, { text: '(', regex: true, kind: undefined }, 10);
    expect(broken).toMatchObject({ total: 0, problem: expect.stringContaining('(') });
  });

  it('keeps to one kind where asked', () => {
    expect(find('tan', { kind: 'operator' })).toEqual(['operator Tanh']);
    expect(find('a', { kind: 'weight' })).toEqual([]);
  });

  it('counts all hits though it returns few', () => {
    expect(search(index, { text: '25', regex: false, kind: 'tensor' }, 2)).toMatchObject({
      total: 6,
      hits: { length: 2 },
    });
  });

  it('puts a tensor of that very name before operators that begin so, blanks or not', () => {
    const tensors = GRAPH.tensors.map(tensor => (tensor.id === 0 ? { ...tensor, name: 'Tan' } : tensor));
    for (const text of ['tan', ' tan ']) {
      const { hits } = search(
        searchIndexOf({ ...GRAPH, tensors }),
        { text, regex: false, kind: undefined },
        9,
      );
      expect(hits.map(hit => hit.title)).toEqual(['Tan', 'Tanh', 'Tanh']);
    }
  });

  it('finds operators by what they do, and says how many there are', () => {
    const nodes = GRAPH.nodes.map(node => (node.op === 'Tanh' ? { ...node, op: 'Neg' } : node));
    const details = (text: string) =>
      search(searchIndexOf({ ...GRAPH, nodes }), { text, regex: false, kind: 'operator' }, 10).hits;
    expect(details('neg')).toMatchObject([
      { detail: '2 operators', selection: { kind: 'nodes', id: 'Neg', nodes: [2, 3] } },
    ]);
    expect(details('add')).toMatchObject([{ detail: '1 operator' }]);
  });

  it('finds nodes by their attributes, and weights among the tensors', () => {
    const attributes = [{ name: 'axis', type: 'int', text: '1' }];
    const graph: GraphSummary = {
      ...GRAPH,
      nodes: GRAPH.nodes.map(node => (node.id === 1 ? { ...node, attributes } : node)),
      tensors: GRAPH.tensors.map(tensor => (tensor.id === 3 ? { ...tensor, kind: 'constant' } : tensor)),
    };
    const found = (text: string, kind?: Query['kind']) =>
      search(searchIndexOf(graph), { text, regex: false, kind }, 10).hits.map(hit => hit.title);
    expect(found('axis=1')).toEqual(['Sigmoid']);
    expect(found('weight')).toEqual(['D']);
    expect(found('25', 'weight')).toEqual(['D']);
    expect(found('d', 'tensor')).not.toContain('D');
  });

  it('puts whole names first, then titles that begin so, then names, then the rest', () => {
    const ops: Record<number, [op: string, name: string]> = {
      0: ['Relu', 'last_pool'],
      1: ['Relu', 'pool_1'],
      2: ['Pooling', 'x'],
      3: ['Relu', 'pool'],
    };
    const nodes = GRAPH.nodes.map(node => {
      const [op, name] = ops[node.id] ?? [node.op, node.name];
      return { ...node, op, name };
    });
    const { hits } = search(
      searchIndexOf({ ...GRAPH, nodes }),
      { text: 'POOL', regex: false, kind: 'node' },
      9,
    );
    expect(hits.map(hit => hit.detail)).toEqual(['pool', 'x', 'pool_1', 'last_pool']);
  });
});
