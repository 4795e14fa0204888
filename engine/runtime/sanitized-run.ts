// One run under the sanitizer beside a normal one of the same program and inputs: what it wrote where, and whether
// the outputs are the same to the last bit.

import type { Tensor } from '../ir/types.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { SanitizerReport } from '../report/types.ts';
import type { Session } from './session.ts';

/**
 * Both sessions have run once, `guarded` with a sanitizer. Outputs of nodes that draw random numbers differ: they
 * cannot be checked this way.
 */
export function sanitizerReport(normal: Session, guarded: Session): SanitizerReport {
  const { sanitizer, program } = guarded;
  if (!sanitizer) throw new Error('this session has no sanitizer');
  const differing = program.outputs.flatMap(({ name }, index) =>
    sameData(normal.readData(index), guarded.readData(index)) ? [] : [name],
  );
  const { faults, touchedBytes } = sanitizer;
  return {
    ok: faults.length === 0 && differing.length === 0,
    touchedBytes,
    faults,
    differing,
  };
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
