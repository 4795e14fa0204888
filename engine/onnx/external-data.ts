// Tensor data in files beside the model. A model may only name files inside its own folder.
// https://github.com/onnx/onnx/blob/main/docs/ExternalData.md

import type { ReadBytes } from '../ir/constants/reading.ts';
import type { DiagnosticList } from './diagnostics.ts';
import { quoted } from './diagnostics.ts';

/** Bytes of another file than the model, which were checked to be there. */
export interface ExternalRange {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

interface ExternalContext {
  readonly read: ReadBytes;
  readonly diagnostics: DiagnosticList;
  /** path of the model */
  readonly model: string;
  /** names the tensor and its place */
  readonly where: string;
}

/**
 * The range of bytes that `entries` (location, offset, length) stand for, checked to exist.
 * `sizeBytes` is what type and shape ask for. Undefined, with a diagnostic, when it can't be had.
 */
export function locateExternal(
  context: ExternalContext,
  entries: Readonly<Record<string, string>>,
  sizeBytes: number,
): ExternalRange | undefined {
  const { diagnostics, where } = context;
  const location = entries.location ?? '';
  const refusal = refuse(location);
  if (refusal !== undefined) {
    diagnostics.error('external-data-refused', where, `expected ${refusal}, found ${quoted(location)}`);
    return undefined;
  }
  const offset = parseBytes(entries.offset, 0);
  const length = parseBytes(entries.length, sizeBytes);
  if (offset === undefined || length === undefined) {
    const found = `offset ${quoted(entries.offset ?? '')} and length ${quoted(entries.length ?? '')}`;
    diagnostics.error('external-data-range', where, `expected whole numbers of bytes, found ${found}`);
    return undefined;
  }
  if (length !== sizeBytes) {
    const message = `${quoted(location)}: expected ${sizeBytes} bytes for type and shape, found length ${length}`;
    diagnostics.error('tensor-size-mismatch', where, message);
    return undefined;
  }
  const file = folderOf(context.model) + location;
  return exists(context, file, location, offset + length) ? { file, offset, length } : undefined;
}

function exists(context: ExternalContext, file: string, location: string, end: number): boolean {
  const { read, diagnostics, where } = context;
  try {
    if (end === 0 || read(file, end - 1, 1).length === 1) return true;
  } catch {
    const message = `expected the file ${quoted(location)} beside the model, found none that can be read`;
    diagnostics.error('external-data-missing', where, message);
    return false;
  }
  const message = `${quoted(location)}: expected at least ${end} bytes, found the end of the file before`;
  diagnostics.error('external-data-too-short', where, message);
  return false;
}

const LARGEST_OFFSET = 2 ** 53 / 2;

function parseBytes(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  return /^\d+$/.test(text) && value <= LARGEST_OFFSET ? value : undefined;
}

/** What a location should have been, undefined when it is fine. */
function refuse(location: string): string | undefined {
  if (location === '') return 'a location of the external data';
  if (location.includes('\0')) return 'a file name';
  const parts = location.split(/[\\/]/);
  const inside = parts[0] !== '' && !parts.includes('..') && !/^[A-Za-z]:/.test(location);
  return inside ? undefined : "a relative path inside the model's folder";
}

/** The folder of a path with its separator, '' for a bare name. */
function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}
