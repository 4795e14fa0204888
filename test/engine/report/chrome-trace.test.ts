import { describe, expect, test } from 'vitest';
import { chromeTrace } from '../../../engine/report/chrome-trace.ts';
import { runReport, times } from './fixtures.ts';

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly cat: string;
  readonly id: string;
  readonly args: Record<string, unknown>;
}
const awkward = runReport('b', {
  steps: runReport('b').steps.map((step, i) => ({ ...step, ...times([3, 0, 1_000_007, 1, 333][i] ?? 0, 0) })),
});
const events: readonly Event[] = JSON.parse(chromeTrace([runReport('a'), awkward])).traceEvents;
const of = (ph: string, pid: number) => events.filter(event => event.ph === ph && event.pid === pid);

test('two runs are two named processes', () => {
  expect([...new Set(events.map(event => event.pid))]).toEqual([1, 2]);
  for (const pid of [1, 2]) {
    const named = of('M', pid).find(event => event.name === 'process_name');
    expect(named?.args.name).toContain('planner size');
    expect(of('M', pid).map(event => event.name)).toContain('thread_name');
  }
});

describe.each([1, 2])('run %i', pid => {
  test('steps follow each other inside the run, on one thread', () => {
    const [whole, ...steps] = of('X', pid);
    expect(new Set(of('X', pid).map(event => event.tid)).size).toBe(1);
    expect(steps.map(step => step.name)).toEqual(['makeB', 'makeC', 'makeE', 'makeD', 'makeF']);
    let end = whole?.ts ?? Number.NaN;
    for (const step of steps) {
      expect(step.ts).toBeGreaterThanOrEqual(end);
      expect(step.dur).toBeGreaterThanOrEqual(0);
      end = step.ts + step.dur;
    }
    expect((whole?.ts ?? 0) + (whole?.dur ?? 0)).toBeGreaterThanOrEqual(end);
  });

  test('every lifetime begins and ends once, under an id of its own', () => {
    const begins = of('b', pid);
    expect(begins.map(event => event.name)).toEqual(['A', 'B', 'C', 'E', 'D', 'F']);
    for (const begin of begins) {
      const same = events.filter(event => event.cat === 'tensor' && event.id === begin.id);
      expect(same.map(event => event.ph)).toEqual(['b', 'e']);
      expect(same[1]?.ts).toBeGreaterThanOrEqual(begin.ts);
    }
  });

  test('live bytes are a counter', () => {
    expect(of('C', pid).map(event => event.args.bytes)).toEqual([200, 200, 200, 300, 300]);
  });
});

test('times are in µs', () => {
  const steps = of('X', 1).slice(1);
  expect(steps.map(step => step.ts)).toEqual([0, 1.001, 2.003, 3.006, 4.01]);
  const c = events.filter(event => event.cat === 'tensor' && event.pid === 1 && event.name === 'C');
  expect(c.map(event => event.ts)).toEqual([1.001, 4.01]);
});
