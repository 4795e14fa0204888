import { expect, test } from 'vitest';
import { STRIP_BYTES, stripRows } from '../../../../../engine/codegen/kernels/work/tiling.ts';

const IMAGE = {
  rows: 56,
  width: 56,
  rowStep: 1,
  rowSpan: 3,
  rowBytes: 58 * 64 * 4,
  outputRowBytes: 56 * 64 * 4,
  inPlace: false,
  tileRows: 6,
  unitsPerStrip: 4,
  weightBytes: 9 * 64 * 64 * 4,
  outer: 1,
  threads: 1,
};

test('a strip stays within the cache and fills its register tiles', () => {
  const rows = stripRows(IMAGE);
  expect((rows + 2) * IMAGE.rowBytes).toBeLessThanOrEqual(STRIP_BYTES);
  expect((rows * IMAGE.width) % IMAGE.tileRows).toBe(0);
});

test('a small image is one strip, a row that is too large a strip of its own', () => {
  expect(stripRows({ ...IMAGE, rows: 7, width: 7, rowBytes: 9 * 64 * 4 })).toBe(7);
  expect(stripRows({ ...IMAGE, rowBytes: 2 * STRIP_BYTES })).toBe(1);
});

test('long rows read in place are not cut where that would read large weights again and again', () => {
  const long = { ...IMAGE, rows: 128, width: 1, rowSpan: 1, rowBytes: 65536 };
  const weightBytes = 4 * 16 * 65536;
  expect(stripRows({ ...long, weightBytes, inPlace: true })).toBe(128);
  expect(stripRows({ ...long, weightBytes, inPlace: false })).toBeLessThanOrEqual(16);
  expect(stripRows({ ...long, weightBytes: 1000, inPlace: true })).toBeLessThanOrEqual(16);
});

test('a strip that reads many weights may be larger, as far as some cache holds it', () => {
  const deep = { ...IMAGE, rows: 1024, width: 1, rowSpan: 1, rowBytes: 8192, unitsPerStrip: 32 };
  const bytes = (weightBytes: number): number => stripRows({ ...deep, weightBytes }) * deep.rowBytes;
  expect(bytes(STRIP_BYTES)).toBeLessThanOrEqual(STRIP_BYTES);
  expect(bytes(8 * STRIP_BYTES)).toBeGreaterThan(1.5 * STRIP_BYTES);
  expect(bytes(1000 * STRIP_BYTES)).toBeLessThanOrEqual(3 * STRIP_BYTES);
});

test('a strip fills a register tile however long its rows are', () => {
  const endless = { ...IMAGE, width: 1, rowSpan: 1, rowBytes: 10 * STRIP_BYTES };
  expect(stripRows(endless)).toBe(6);
});

test('more workers get more strips, unless columns or images give enough units', () => {
  const strips = (threads: number, more = {}): number =>
    Math.ceil(IMAGE.rows / stripRows({ ...IMAGE, threads, ...more }));
  expect(strips(8) * IMAGE.unitsPerStrip).toBeGreaterThanOrEqual(32);
  const weightBytes = 64 * IMAGE.weightBytes;
  expect(strips(8, { unitsPerStrip: 64, weightBytes })).toBe(strips(1, { unitsPerStrip: 64, weightBytes }));
  expect(strips(8, { outer: 16 })).toBe(strips(1));
});

test('workers have rows of their own where weights are less than what steps pass on', () => {
  const pixels = {
    ...IMAGE,
    rows: 196,
    width: 1,
    rowSpan: 1,
    rowBytes: 256,
    outputRowBytes: 1536,
    inPlace: true,
  };
  const small = { ...pixels, unitsPerStrip: 12, weightBytes: 98304, threads: 2 };
  const strips = (more = {}): number => Math.ceil(small.rows / stripRows({ ...small, ...more }));
  expect(strips({ threads: 1 })).toBe(1);
  expect(strips()).toBe(2);
  expect(stripRows(small) % IMAGE.tileRows).toBe(0);
  expect(strips({ weightBytes: 1e6 })).toBe(1);
  expect(strips({ outer: 2 })).toBe(1);
});

test('no worker gets much more than another where lower strips avoid it', () => {
  const image = {
    ...IMAGE,
    width: 14,
    tileRows: 1,
    unitsPerStrip: 1,
    weightBytes: 0,
    inPlace: true,
    threads: 2,
  };
  const shareOf = (rows: number): number => {
    const height = stripRows({ ...image, rows });
    return Math.ceil(Math.ceil(rows / height) / 2) * height;
  };
  expect([14, 28, 30, 56].map(shareOf)).toEqual([7, 14, 15, 28]);
  expect(stripRows({ ...image, rows: 56 }), 'where nothing is read again, for bands').toBe(1);
  const packed = { ...IMAGE, rows: 112, width: 112, rowBytes: 10000, inPlace: false, threads: 2 };
  expect(Math.ceil(packed.rows / stripRows(packed)) % 2).toBe(0);
});
