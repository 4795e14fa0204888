// Test data that is too large for the repository: trained models, the ONNX backend tests, planner instances.
// It lies in a folder `shared` beside the checkout, or where ARENASCOPE_SHARED says.

import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const named = process.env.ARENASCOPE_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
// Engines may read real paths only.
const root = existsSync(named) ? realpathSync(named) : named;

/** Whether the data is here. Where CI is set its absence is a failure, elsewhere a reason to skip. */
export const hasShared = existsSync(path.join(root, 'models'));
if (!hasShared) {
  const message = `no test data in ${root} (set ARENASCOPE_SHARED): tests that need it are skipped`;
  if (process.env.CI) throw new Error(message);
  console.warn(message);
}

export const shared = (...parts: readonly string[]): string => path.join(root, ...parts);
