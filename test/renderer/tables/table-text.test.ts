import { describe, expect, it } from 'vitest';
import { csvOf, filtered, tsvOf } from '../../../renderer/tables/table-text.ts';

interface Row {
  readonly name: string;
  readonly bytes?: number;
}

const ROWS: readonly Row[] = [
  { name: 'conv "1", first', bytes: 1536 },
  { name: '=cmd()' },
  { name: 'two\nlines\there', bytes: -1 },
];
const COLUMNS = [
  { title: 'Name', value: (row: Row) => row.name },
  { title: 'Size', unit: 'bytes', value: (row: Row) => row.bytes },
];

describe('tables as text', () => {
  it('are quoted where they have to be, with whole numbers and no formulas', () => {
    expect(csvOf(ROWS, COLUMNS)).toBe(
      'Name,Size (bytes)\r\n"conv ""1"", first",1536\r\n\'=cmd(),\r\n"two\nlines\there",-1\r\n',
    );
  });

  it('hold no formulas, however they are written', () => {
    for (const name of ['=1+1', '+A1', '-A1', '@SUM(A1)', '\t=1', ' =1', '＝1']) {
      const [, line] = csvOf([{ name }], COLUMNS).split('\r\n');
      expect(line?.replace(/^"/, '')).toBe(`'${name},`);
    }
    expect(csvOf([{ name: '-1.5' }], COLUMNS)).toContain('\r\n-1.5,');
  });

  it('keep a row on a line on the clipboard', () => {
    expect(tsvOf(ROWS, COLUMNS).split('\n')).toEqual([
      'Name\tSize (bytes)',
      'conv "1", first\t1536',
      '=cmd()\t',
      'two lines here\t-1',
      '',
    ]);
  });

  it('are filtered by words in any column', () => {
    expect(filtered(ROWS, COLUMNS, 'CONV 15')).toEqual([ROWS[0]]);
    expect(filtered(ROWS, COLUMNS, '  ')).toBe(ROWS);
    expect(filtered(ROWS, COLUMNS, 'nothing')).toEqual([]);
  });
});
