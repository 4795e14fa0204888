import { describe, expect, it } from 'vitest';
import {
  attr,
  capturesOf,
  consumersOf,
  findValue,
  GraphBuilder,
  NodeIds,
  producerOf,
  subgraphsOf,
  valueOf,
} from '../../../engine/ir/graph.ts';
import type { ValueId } from '../../../engine/ir/types.ts';

describe('GraphBuilder', () => {
  it('appends nodes in order, with names and ids of their own', () => {
    const builder = new GraphBuilder('g', { version: 17 });
    const x = builder.input('x', 'float32', [2, 3]);
    const w = builder.constant('w', { dtype: 'float32', shape: [3], data: new Float32Array(3) });
    const sum = builder.node('Add', [x, w], { name: 'add', outputs: ['sum'] });
    const [first, none] = builder.nodes('Split', [sum], {
      attributes: { axis: attr.int(0) },
      outputs: ['sum', undefined],
    });
    builder.output(first ?? x);
    const graph = builder.build();
    expect(none).toBeUndefined();
    expect(graph.nodes.map(node => [node.name, node.op, node.version])).toEqual([
      ['add', 'Add', 17],
      ['Split_1', 'Split', 17],
    ]);
    expect(graph.values.map(value => value?.name)).toEqual(['x', 'w', 'sum', 'sum_1']);
    expect(graph.nodes.map(node => node.origin)).toEqual(graph.nodes.map(node => [node.id]));
    expect(valueOf(graph, x)).toEqual({
      id: x,
      name: 'x',
      dtype: 'float32',
      shape: [2, 3],
      declared: [2, 3],
    });
    expect(valueOf(graph, w)).toMatchObject({ dtype: 'float32', shape: [3], constant: { kind: 'inline' } });
    expect(graph.inputs).toEqual([x]);
    expect(graph.outputs).toEqual([first]);
  });

  it('appends a number to a name that is taken, any number of times', () => {
    const builder = new GraphBuilder();
    for (let i = 0; i < 50_000; i++) builder.value({ name: 'v' });
    builder.value({ name: 'w_1' });
    builder.value({ name: 'w' });
    builder.value({ name: 'w' });
    const names = builder.build().values.map(value => value?.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.slice(-3)).toEqual(['w_1', 'w', 'w_2']);
    expect(names[49_999]).toBe('v_49999');
  });

  it('what was built does not change when building goes on', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x');
    const before = builder.build();
    builder.node('Relu', [x]);
    builder.update(x, { dtype: 'int8' });
    expect(before.nodes).toEqual([]);
    expect(valueOf(before, x).dtype).toBeUndefined();
    expect(valueOf(builder.build(), x)).toMatchObject({ name: 'x', dtype: 'int8' });
  });

  it('throws on ids it never gave out', () => {
    const builder = new GraphBuilder('g');
    expect(() => builder.output(3 as ValueId)).toThrow('graph g has no value 3');
    expect(() => valueOf(builder.build(), 3 as ValueId)).toThrow('graph g has no value 3');
  });
});

describe('indexes', () => {
  const ids = new NodeIds();
  const inner = new GraphBuilder('branch', { ids });
  inner.output(inner.node('Neg', [inner.capture('a')], { name: 'inner' }));
  const builder = new GraphBuilder('g', { ids });
  const x = builder.input('x');
  const a = builder.node('Abs', [x], { name: 'abs', outputs: ['a'] });
  const twice = builder.node('Mul', [x, x], { name: 'square' });
  const chosen = builder.node('If', [twice], {
    name: 'if',
    attributes: { then_branch: attr.graph(inner.build()), depth: attr.int(1) },
  });
  builder.output(chosen);
  const graph = builder.build();
  const names = (id: ValueId): string[] => consumersOf(graph, id).map(node => node.name);

  it('producers', () => {
    expect(producerOf(graph, a)?.name).toBe('abs');
    expect(producerOf(graph, x)).toBeUndefined();
  });

  it('consumers, each once, those in subgraphs included', () => {
    expect(names(x)).toEqual(['abs', 'square']);
    expect(names(twice)).toEqual(['if']);
    expect(names(a)).toEqual(['if']);
    expect(names(chosen)).toEqual([]);
  });

  it('names, captures, subgraphs', () => {
    const [node] = graph.nodes.slice(-1);
    expect(findValue(graph, 'a')?.id).toBe(a);
    expect(findValue(graph, 'nowhere')).toBeUndefined();
    expect(node && capturesOf(graph, node)).toEqual([a]);
    expect(node && subgraphsOf(node).map(subgraph => subgraph.name)).toEqual(['branch']);
  });

  it('node ids are unique with subgraphs', () => {
    const all = [...graph.nodes, ...graph.nodes.flatMap(subgraphsOf).flatMap(subgraph => subgraph.nodes)];
    expect(new Set(all.map(node => node.id)).size).toBe(4);
  });
});
