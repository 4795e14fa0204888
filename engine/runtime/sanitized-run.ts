// One run under the sanitizer beside one of the same kernels and inputs in which no memory is shared: what it wrote
// where, and whether everything is the same to the last bit. It is not where a step writes over what is still read.

import { isFit } from '../ir/ops/control/bounded.ts';
import type { Tensor } from '../ir/types.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { SanitizerReport } from '../report/types/run.ts';
import type { Session } from './session.ts';

/**
 * Both sessions have run once with a trace: `apart` with every buffer in memory of its own, `guarded` as planned and
 * with a sanitizer. Outputs of nodes that draw random numbers differ: they cannot be checked this way.
 */
export function sanitizerReport(apart: Session, guarded: Session): SanitizerReport {
  const { sanitizer, program } = guarded;
  if (!sanitizer) throw new Error('this session has no sanitizer');
  const differing = program.outputs.flatMap(({ name }, index) =>
    sameData(apart.readData(index), guarded.readData(index)) ? [] : [name],
  );
  const { faults, touchedBytes } = sanitizer;
  // Beyond a run-time extent lies what was there before: that differs, and nobody reads it.
  const extents = program.steps.some(({ op }) => isFit(op));
  const overwritten = differing.length > 0 || !extents ? firstDifference(apart, guarded) : undefined;
  return {
    ok: faults.length === 0 && differing.length === 0,
    touchedBytes,
    faults,
    differing,
    ...(overwritten && { overwritten }),
  };
}

/** The first step whose result is another one where memory is shared. */
function firstDifference(apart: Session, guarded: Session): SanitizerReport['overwritten'] {
  const [expected, found] = [apart, guarded].map(session => session.trace?.results ?? []);
  const at = found?.findIndex(({ checksum }, i) => checksum !== expected?.[i]?.checksum) ?? -1;
  const result = found?.[at];
  if (result === undefined) return undefined;
  const { step, buffer } = result;
  return { step, name: guarded.program.steps[step]?.name ?? '', buffer };
}

function sameData(a: Datum, b: Datum): boolean {
  if (isTensor(a) && isTensor(b)) return sameTensor(a, b);
  if (!('container' in a && 'container' in b) || a.container !== b.container) return false;
  const [items, others] = [a, b].map(datum => ('items' in datum ? datum.items : []));
  if (items?.length !== others?.length) return false;
  return (items ?? []).every((item, index) => {
    const other = others?.[index];
    return other !== undefined && sameTensor(item, other);
  });
}

function sameTensor({ data: a, shape }: Tensor, { data: b, shape: other }: Tensor): boolean {
  if (a.length !== b.length || shape.length !== other.length) return false;
  if (!shape.every((extent, axis) => extent === other[axis])) return false;
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return [...a].every((x, i) => x === b[i]);
  const [bytes, others] = [a, b].map(view => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return bytes?.every((byte, i) => byte === others?.[i]) ?? true;
}
