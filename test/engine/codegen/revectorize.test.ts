// Under V8's revectorizer (the 256-bit class) kernels must compile and give the same results.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./revectorized.ts', import.meta.url));
/** Where V8 does not know the flag there is nothing to test. */
const known = ((): boolean => {
  try {
    execFileSync(process.execPath, ['--experimental-wasm-revectorize', '--version']);
    return true;
  } catch {
    return false;
  }
})();

it.runIf(known).each([1, 2, 3])('random kernels, seed %i', seed => {
  // Optimised on the first call, so that no unoptimised run hides what the revectorizer does.
  const flags = ['--experimental-wasm-revectorize', '--wasm-tiering-budget=1', '--wasm-sync-tier-up'];
  const output = execFileSync(process.execPath, [...flags, script, String(seed), '60'], { encoding: 'utf8' });
  expect(output).toMatch(/^\d{5,} elements/);
});
