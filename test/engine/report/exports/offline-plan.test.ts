import { expect, test } from 'vitest';
import { openModel } from '../../../../engine/host/process/open-model.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import {
  offlinePlan,
  offlinePlanC,
  offlinePlanMetadata,
} from '../../../../engine/report/exports/offline-plan.ts';
import type { PlanTensor } from '../../../../engine/report/types/plan.ts';
import { randomProblem } from '../../../support/problems.ts';

/** The offsets as the runtime finds them: behind its version, the subgraph and how many there are. */
function offsetsIn(metadata: Uint8Array): number[] {
  const [version, subgraph, count = 0, ...offsets] = new Int32Array(metadata.buffer);
  expect([version, subgraph]).toEqual([1, 0]);
  expect(offsets).toHaveLength(count);
  return offsets;
}

test('what is written is read again: an offset for every tensor that has a place, −1 for the others', () => {
  for (const name of ['six-tensors', 'mobilenet-v2', 'relu-decoder']) {
    const opened = openModel({ kind: 'sample', name }, {});
    const { report } = compile(opened.graph, DEFAULT_OPTIONS, { read: opened.read, clock: () => 0 });
    const written = offlinePlan(opened.summary, { ...report.asGiven, strategy: 'exact' });
    const read = offsetsIn(offlinePlanMetadata(written));
    expect(read).toHaveLength(written.count);
    const placed = new Map(written.tensors.map(({ index, offset }) => [index, offset]));
    read.forEach((offset, index) => {
      expect(offset, `${name}, tensor ${index}`).toBe(placed.get(index) ?? -1);
    });
    const top = written.tensors.reduce(
      (most, { index, bytes }) => Math.max(most, (read[index] ?? 0) + bytes),
      0,
    );
    expect(top).toBe(written.arenaBytes);
    const again = offlinePlanMetadata({
      ...written,
      tensors: written.tensors.map(tensor => ({ ...tensor, offset: read[tensor.index] ?? -1 })),
    });
    expect(again).toEqual(offlinePlanMetadata(written));
  }
});

test('no plan that is exported needs more than what the runtime plans by itself', () => {
  const opened = openModel({ kind: 'sample', name: 'six-tensors' }, {});
  const { report } = compile(opened.graph, DEFAULT_OPTIONS, { read: opened.read, clock: () => 0 });
  let better = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { buffers } = randomProblem(seed, { buffers: 40, steps: 20, maxSize: 500 });
    const tensors = buffers.map(({ id: name, lower, upper, size }, id): PlanTensor => {
      return {
        id,
        name,
        tensors: [id],
        kind: 'activation',
        bytes: size,
        offset: 0,
        lower,
        upper,
        readers: [],
      };
    });
    const aligned = { buffers: buffers.map(buffer => ({ ...buffer, alignment: 16 })) };
    const [own, bySize] = [plan(aligned, 'tflm'), plan(aligned, 'size')];
    const { arenaBytes } = offlinePlan(opened.summary, { ...report.asGiven, strategy: 'size', tensors });
    expect(arenaBytes, `seed ${seed}`).toBe(Math.min(own.solution.height, bySize.solution.height));
    if (own.solution.height < bySize.solution.height) better++;
  }
  expect(better).toBeGreaterThan(0);
});

test('the C file says of which graph it is, and which strategy placed it', () => {
  const opened = openModel({ kind: 'sample', name: 'mobilenet-v2' }, {});
  const { report } = compile(opened.graph, DEFAULT_OPTIONS, { read: opened.read, clock: () => 0 });
  const written = offlinePlan(opened.summary, report.asGiven);
  expect(written.arenaBytes).toBeGreaterThan(report.asExecuted.peakBytes);
  expect(offlinePlanC(opened.summary, written)).toMatch(
    /graph as given, with no operators fused.*strategy size\./,
  );
});
