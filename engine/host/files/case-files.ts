// The port through which conformance cases are read, on this machine's file system.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import type { CaseFiles } from '../../report/conformance.ts';
import { confinedTo } from './model-files.ts';

/** Opens and closes the file on every call: cases are many and small. */
function read(file: string, offset: number, length: number): Uint8Array {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}

export const caseFiles: CaseFiles = {
  list: folder => (statSync(folder).isDirectory() ? readdirSync(folder) : []),
  size: path => statSync(path).size,
  read,
  readModel: model => {
    const known = new Map<string, string>();
    return (file, offset, length) => {
      const target = known.get(file) ?? confinedTo(model, file);
      known.set(file, target);
      return read(target, offset, length);
    };
  },
};
