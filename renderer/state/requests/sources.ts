// Where models come from: names, sameness, and uploads kept until they are opened.

import type { ModelSource } from '../../../engine/protocol.ts';
import type { Bridge } from '../../bridge/bridge.ts';

/** What a model is called before it is opened: the last part of its path. */
export function nameOf(source: ModelSource): string {
  switch (source.kind) {
    case 'sample':
      return source.name;
    case 'path':
      return source.path.split(/[\\/]/).at(-1) ?? source.path;
    case 'upload':
      return source.entry;
  }
}

/** Whether both lead to the same file or sample, asked for alike. */
export const sameSource = (a: ModelSource, b: ModelSource): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Keeps uploads: opened one after the other, the last may wait for longer than uploads outlive their page. */
export async function holdUploads(bridge: Bridge, sources: readonly ModelSource[]): Promise<void> {
  const uploads = sources.flatMap(source => (source.kind === 'upload' ? [source.upload] : []));
  if (uploads.length > 0) await bridge.request('hold', { uploads: [...new Set(uploads)] });
}
