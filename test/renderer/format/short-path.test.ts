import { describe, expect, it } from 'vitest';
import { endFrom, fittedName, shortPath } from '../../../renderer/format/short-path.ts';

describe('a deep name', () => {
  it('stays where it fits', () => {
    expect(shortPath('/mix/MatMul', 24)).toBe('/mix/MatMul');
  });

  it('is shortened from the outside in, no more than it has to be', () => {
    expect(shortPath('/stages.3/blocks.12/mix/MatMul_1', 26)).toBe('/s.3/b.12/mix/MatMul_1');
    expect(shortPath('/net/input_proj_1/MatMul', 20)).toBe('/n/i_proj_1/MatMul');
    expect(shortPath('/stages.3/blocks.12/mix/MatMul_1', 29)).toBe('/s.3/blocks.12/mix/MatMul_1');
    expect(shortPath('/encoder/self_attention/q_proj/MatMul', 20)).toBe('/e/s_a/q_proj/MatMul');
  });

  it('keeps its last part and its numbers whatever the room is', () => {
    expect(shortPath('/layers.10/attention/ALongOperatorName_7', 4)).toBe('/l.10/a/ALongOperatorName_7');
    expect(shortPath('JustALongOperatorName_with_words', 4)).toBe('JustALongOperatorName_with_words');
  });

  it('has scopes between points too, where it has no others', () => {
    expect(shortPath('base_net.7.branch1.0.conv.weight', 24)).toBe('b_n.7.b1.0.conv.weight');
    expect(shortPath('p2o.GlobalAveragePool.0', 12)).toBe('p2o.GlobalAveragePool.0');
  });

  it('says beyond the first word of its last part as little as it has to', () => {
    const names = ['/net/posenc/Cos_output_0', '/net/posenc/Sin_output_0'];
    expect(names.map(name => shortPath(name, 12))).toEqual(['/n/p/Cos_o_0', '/n/p/Sin_o_0']);
  });

  it('still differs where blocks differ', () => {
    const names = Array.from({ length: 40 }, (_, block) => `/stages.${block % 4}/blocks.${block}/mix/MatMul`);
    expect(new Set(names.map(name => shortPath(name, 20))).size).toBe(names.length);
  });

  it('keeps words apart that differ after an underscore', () => {
    const names = ['/net/to_qk_1/MatMul', '/net/to_out_1/MatMul'];
    expect(names.map(name => shortPath(name, 4))).toEqual(['/n/t_q_1/MatMul', '/n/t_o_1/MatMul']);
  });

  it('is cut in its middle in the end', () => {
    expect(fittedName('stage1.0.project.conv', 21)).toBe('stage1.0.project.conv');
    expect(fittedName('stage1.0.project.conv', 14)).toBe('s1.0.p.conv');
    expect(fittedName('scratch of step 1000', 14)).toBe('scrat…tep 1000');
    expect(fittedName('/stages.3/blocks.12/MatMul', 20)).toBe('/s.3/b.12/MatMul');
  });
});

describe('the end of a name that stays', () => {
  const end = (text: string): string => text.slice(endFrom(text, 7));

  it('has its last characters, and half of it at most', () => {
    expect(end('/net/input_proj/MatMul_output_0')).toBe('utput_0');
    expect(end('input')).toBe('ut');
  });

  it('begins with a whole word', () => {
    expect(end('LayerNormalization + Div + Erf + Add + Mul + Mul')).toBe(' + Mul');
    expect(end('Softmax + Mul')).toBe(' + Mul');
    expect(end('Mul + Mul + MatMul')).toBe(' MatMul');
    expect(end('Transpose + 2 MatMul + Softmax')).toBe('Softmax');
  });

  it('has no part of a word that is longer', () => {
    expect(end('4 Conv + 4 BatchNormalization')).toBe('');
  });
});
