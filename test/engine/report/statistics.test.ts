import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../engine/random.ts';
import { timeStatistics } from '../../../engine/report/statistics.ts';

describe('order statistics', () => {
  test('minimum, median and nearest-rank percentile', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(timeStatistics(samples)).toMatchObject({ minNs: 1, medianNs: 51, p95Ns: 95 });
    expect(timeStatistics([20, 2, 1, 10])).toMatchObject({ minNs: 1, medianNs: 6, p95Ns: 20 });
    expect(timeStatistics([5, 1, 9])).toMatchObject({ minNs: 1, medianNs: 5, p95Ns: 9 });
  });

  test('one sample is all there is', () => {
    expect(timeStatistics([7])).toEqual({ minNs: 7, medianNs: 7, p95Ns: 7, lowNs: 7, highNs: 7 });
  });

  test('whole nanoseconds', () => {
    for (const value of Object.values(timeStatistics([1.4, 2.6, 3.2, 9.9]))) expect(value % 1).toBe(0);
  });

  test('no samples are a bug', () => {
    expect(() => timeStatistics([])).toThrow('no samples');
  });
});

describe('the interval of the median', () => {
  test('holds the median, and is the same for the same seed', () => {
    const random = seededRandom(3);
    const samples = Array.from({ length: 31 }, () => 1000 + random() * 100);
    const first = timeStatistics(samples, 5);
    expect(first.lowNs).toBeLessThanOrEqual(first.medianNs);
    expect(first.highNs).toBeGreaterThanOrEqual(first.medianNs);
    expect(timeStatistics(samples, 5)).toEqual(first);
    expect(timeStatistics(samples.reverse(), 5)).toEqual(first);
  });

  test('reaches from the least to the largest of two samples', () => {
    expect(timeStatistics([1000, 1])).toMatchObject({ lowNs: 1, medianNs: 501, highNs: 1000 });
  });

  test('covers the true median of most samples', () => {
    let covered = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const samples = Array.from({ length: 25 }, () => Math.round(1e6 * random()));
      const { lowNs, highNs } = timeStatistics(samples, seed);
      if (lowNs <= 5e5 && 5e5 <= highNs) covered++;
    }
    expect(covered).toBeGreaterThan(270);
    expect(covered).toBeLessThan(300);
  });

  test('narrows with more samples', () => {
    const width = (count: number) => {
      const random = seededRandom(count);
      const { lowNs, highNs } = timeStatistics(Array.from({ length: count }, () => 1e6 * random()));
      return highNs - lowNs;
    };
    expect(width(3000)).toBeLessThan(width(30));
  });
});
