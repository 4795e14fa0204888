// ONNX file → Model. Three steps: scan.ts walks the bytes, decode.ts reads what they say, build.ts connects names.
// Nothing a file holds makes this throw: what is wrong with it becomes diagnostics, and the rest is shown.

import type { ReadBytes } from '../ir/constants/reading.ts';
import type { Model } from '../ir/types.ts';
import { buildModelGraph } from './build.ts';
import { decodeModel } from './decode.ts';
import { DiagnosticList } from './diagnostics.ts';
import { newScan, scanMessage } from './scan.ts';
import { WireReader } from './wire.ts';

/**
 * Opens an ONNX model. Weights stay in the file; `read` is asked for the rest, in small pieces, and for the files
 * beside it that hold external data. With any 'error' among the diagnostics the graph may be incomplete.
 */
export function importOnnx(file: { readonly path: string; readonly size: number }, read: ReadBytes): Model {
  const diagnostics = new DiagnosticList();
  const reader = new WireReader(guarded(read, diagnostics), file.path, file.size);
  const scan = newScan(reader, diagnostics);
  const message = scanMessage(scan, 'ModelProto', 0, file.size);
  const model = decodeModel({ scan, read }, message);
  if (!model.graph) {
    const problem = `expected an ONNX model, found ${describeContent(reader.bytes(0, Math.min(64, file.size)))}`;
    diagnostics.headline('not-a-model', file.path, problem);
  }
  warnOfNewer(file.path, model.opsets, diagnostics);
  const graph = buildModelGraph(file.path, model, diagnostics);
  const listed = model.graph?.inputs.map(({ name }) => name) ?? [];
  return {
    graph,
    format: 'onnx',
    irVersion: model.irVersion,
    opsets: model.opsets,
    producer: model.producer,
    metadata: model.metadata,
    diagnostics: diagnostics.list(),
    ...(listed.length > graph.inputs.length && { listed }),
  };
}

/** Newest versions whose operators are known; later ones may mean something else by a name. */
const NEWEST_OPSETS: Readonly<Record<string, number>> = { '': 28, 'ai.onnx.ml': 5 };

function warnOfNewer(file: string, opsets: Readonly<Record<string, number>>, diagnostics: DiagnosticList) {
  for (const [domain, newest] of Object.entries(NEWEST_OPSETS)) {
    const found = opsets[domain] ?? 0;
    if (found <= newest) continue;
    const problem = `expected opset ${newest} of ${domain || 'ai.onnx'} or older, found ${found}: operators are taken to mean what they do in ${newest}`;
    diagnostics.warning('opset-newer', file, problem);
  }
}

/** A model that can't be read (any more) is a problem of the user's: reported once, then it reads as empty. */
function guarded(read: ReadBytes, diagnostics: DiagnosticList): ReadBytes {
  let reported = false;
  return (file, offset, length) => {
    try {
      return read(file, offset, length);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!reported) {
        const problem = `expected ${length} bytes at ${offset}, found that they can't be read (${reason})`;
        diagnostics.error('unreadable-file', file, problem);
      }
      reported = true;
      return new Uint8Array(0);
    }
  };
}

const SIGNATURES: readonly (readonly [text: string, offset: number, what: string])[] = [
  ['version https://git-lfs', 0, 'a Git LFS pointer instead of the file itself'],
  ['PK\u0003\u0004', 0, 'a ZIP archive (a PyTorch, Keras or NumPy file?)'],
  ['TFL3', 4, 'a TensorFlow Lite model'],
  ['\u0089HDF', 0, 'an HDF5 file (Keras?)'],
  ['ORTM', 4, 'a model in ONNX Runtime’s own format'],
  ['GGUF', 0, 'a GGUF model'],
  ['\u0080\u0002', 0, 'a Python pickle (PyTorch?)'],
  ['\u001f\u008b', 0, 'a gzip archive'],
  ['\u0093NUMPY', 0, 'a NumPy array'],
  ['\u0089PNG', 0, 'a PNG image'],
];

/** Characters of a text that is no model. */
const QUOTED = 32;

function describeContent(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const text = Array.from(bytes, byte => String.fromCharCode(byte)).join('');
  const known = SIGNATURES.find(([signature, offset]) => text.startsWith(signature, offset));
  if (known) return known[2];
  const beginning = text.length > QUOTED ? `${text.slice(0, QUOTED).trimEnd()}…` : text;
  return /^[\t\n\r -~]+$/.test(text) ? `text (${JSON.stringify(beginning)})` : 'no graph in it';
}
