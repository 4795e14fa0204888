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
  options: { ...runReport('b').options, fusion: false },
  steps: runReport('b').steps.map((step, i) => ({ ...step, ...times([3, 0, 1_000_007, 1, 333][i] ?? 0, 0) })),
});
const events: readonly Event[] = JSON.parse(chromeTrace([runReport('a'), awkward])).traceEvents;
const of = (ph: string, pid: number) => events.filter(event => event.ph === ph && event.pid === pid);

test('two runs are two named processes', () => {
  expect([...new Set(events.map(event => event.pid))]).toEqual([1, 2]);
  for (const pid of [1, 2]) {
    const named = of('M', pid).find(event => event.name === 'process_name');
    expect(named?.args.name).toContain(`run ${pid} `);
    expect(named?.args.name).toContain(pid === 1 ? 'fusion on, planner size' : 'fusion off, planner size');
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
      expect(step.ts).toBeGreaterThanOrEqual(end - 1e-9);
      expect(step.dur).toBeGreaterThanOrEqual(0);
      end = step.ts + step.dur;
    }
    expect((whole?.ts ?? 0) + (whole?.dur ?? 0)).toBeGreaterThanOrEqual(end - 1e-9);
  });

  test('steps say what they are and how long they took', () => {
    const { steps } = pid === 1 ? runReport('a') : awkward;
    const said = of('X', pid).slice(1);
    expect(said.map(({ args }) => args)).toMatchObject(
      steps.map(({ title, op, nodes, kind, flops, minNs, p95Ns }) => {
        return { title, op, nodes, kind, flops, minNs, p95Ns };
      }),
    );
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
  const ns = (µs: number): number => Math.floor(µs * 1000);
  expect(steps.map(step => ns(step.ts))).toEqual([0, 1001, 2003, 3006, 4010]);
  const c = events.filter(event => event.cat === 'tensor' && event.pid === 1 && event.name === 'C');
  expect(c.map(event => ns(event.ts))).toEqual([1001, 4010]);
});

test.each([
  ['cut', Math.trunc],
  ['rounded', Math.round],
  ['exact', (ns: number) => ns],
])('read as ns, %s, spans of a thread nest and never cross', (_, read) => {
  for (const pid of [1, 2]) {
    const spans = of('X', pid).map(({ ts, dur }) => {
      const begin = read(ts * 1000);
      return { begin, end: begin + read(dur * 1000) };
    });
    const open: { begin: number; end: number }[] = [];
    for (const span of spans.toSorted((a, b) => a.begin - b.begin || b.end - a.end)) {
      while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= span.begin) open.pop();
      expect(span.end, `inside ${JSON.stringify(open.at(-1))}`).toBeLessThanOrEqual(
        (open.at(-1)?.end ?? Number.POSITIVE_INFINITY) + 1e-6,
      );
      open.push(span);
    }
  }
});
