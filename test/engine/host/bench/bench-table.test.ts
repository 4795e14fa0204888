import { describe, expect, test } from 'vitest';
import { benchMarkdown } from '../../../../engine/host/bench/bench-table.ts';
import type { BenchVariant } from '../../../../engine/host/bench/types.ts';

const variant = (fields: Partial<BenchVariant>): BenchVariant => ({
  variant: 'arenascope',
  threads: 1,
  simd: '256',
  createMs: 90,
  firstRunMs: 10,
  medianMs: 10,
  minMs: 10,
  p95Ms: 10,
  lowMs: 10,
  highMs: 10,
  ...fields,
});

/** Cells of a model's row by the title of their column. */
function rowOf(variants: readonly BenchVariant[]): Record<string, string> {
  const result = { model: 'm', variants, peakFlopsPerSecond: 100e9, sharedPeaks: [], failed: [] };
  const lines = benchMarkdown([result])
    .split('\n')
    .filter(text => text.startsWith('|'))
    .map(text => text.split('|').map(cell => cell.trim()));
  const [head, , row] = lines;
  return Object.fromEntries((head ?? []).map((title, column) => [title, row?.[column] ?? '']));
}

describe('the table of benchmarks', () => {
  test('ratios, shares and starts of one model', () => {
    const row = rowOf([
      variant({ variant: 'ort-web', createMs: 150, medianMs: 30 }),
      variant({ variant: 'ort-web, slower flags', createMs: 50, medianMs: 40 }),
      variant({ flops: 1.2e9, sparedFlops: 0.4e9 }),
      variant({ variant: 'fusion off', medianMs: 12 }),
      variant({ variant: 'winograd off', medianMs: 15 }),
    ]);
    expect(row).toMatchObject({
      model: 'm',
      ms: '10.0',
      'ort-web': '3.00×',
      'ort-node': '–',
      'fusion off': '1.20×',
      'winograd off': '1.50×',
      // The peer's flags that begin sooner count, though they run slower.
      start: '0.60×',
      'of peak': '80 %',
      nominal: '120 %',
      direct: '80 %',
    });
  });

  test('what threads gain, by one thread of the same turns', () => {
    const own = variant({ threads: 2, medianMs: 10, oneThreadMs: 19 });
    expect(rowOf([own])).toMatchObject({ '1 thread': '1.90×' });
  });

  test('the most that any variant of a row waited for a core', () => {
    const peer = variant({ variant: 'ort-web', waited: 0.31 });
    const other = variant({ variant: 'fusion off', threads: 2, waited: 0.8 });
    expect(rowOf([peer, variant({ waited: 0.02 }), other])).toMatchObject({ waited: '31 %' });
    expect(rowOf([variant({})])).toMatchObject({ waited: '–' });
  });

  test('without minimal filtering all shares are the same, without a measurement of its absence unknown', () => {
    expect(rowOf([variant({ flops: 0.5e9 })])).toMatchObject({
      'of peak': '50 %',
      nominal: '50 %',
      direct: '50 %',
    });
    expect(rowOf([variant({ flops: 0.5e9, sparedFlops: 0.1e9 })])).toMatchObject({
      'of peak': '40 %',
      direct: '–',
    });
  });
});
