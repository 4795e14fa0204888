import { describe, expect, it } from 'vitest';
import { found } from '../../../../renderer/app/dialogs/palette-match.ts';

const entry = (title: string, also = '', enabled = true) => ({ title, also, enabled });
const ENTRIES = [
  entry('Export values of the tensor selected as .npy', 'File', false),
  entry('Who owns the peak', 'View'),
  entry('Break long graphs into columns', 'Graph'),
  entry('Bytes at the peak', 'Graph', false),
  entry('Open ResNet-50', 'Sample resnet-50'),
  entry('Open net.onnx', 'Recent /models/resnet/net.onnx'),
];
const titles = (query: string) => found(ENTRIES, query).map(({ title }) => title);

describe('what the palette finds', () => {
  it('is everything at first, what cannot be done last', () => {
    expect(titles('')).toHaveLength(ENTRIES.length);
    expect(titles('').slice(-2)).toEqual([ENTRIES[0]?.title, ENTRIES[3]?.title]);
  });

  it('has the words that were typed, not their letters here and there', () => {
    expect(titles('resnet')).toEqual(['Open ResNet-50', 'Open net.onnx']);
    expect(titles('peak')).toEqual(['Who owns the peak', 'Bytes at the peak']);
    expect(titles('recent')).toEqual(['Open net.onnx']);
    expect(titles('ks')).toEqual([]);
  });

  it('may be begun words, or several in any order', () => {
    expect(titles('peak own')).toEqual(['Who owns the peak']);
    expect(titles('op res')).toEqual(['Open ResNet-50', 'Open net.onnx']);
  });
});
