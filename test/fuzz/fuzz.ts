// The fuzzer's command: `npm run fuzz -- --minutes 10 --seed 1`, or `--only N` for one case again, and `--save DIR`
// to keep what is found. Exit status 1 when anything was.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeCase } from './cases.ts';
import { type Finding, runCases } from './run-cases.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    save: { type: 'string' },
  },
});
const seed = Number(values.seed);
const end = performance.now() + Number(values.minutes) * 60_000;

let cases = 0;
const findings = await runCases(
  seed,
  Number(values.only ?? 0),
  Number(values.only ?? Number.MAX_SAFE_INTEGER),
  {
    stop: () => values.only === undefined && performance.now() > end,
    found: report,
    done: () => {
      cases++;
    },
  },
);
process.stdout.write(`seed ${seed}: ${cases} cases, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;

function report({ index, reason }: Finding): void {
  const { target, origin, bytes } = makeCase(seed, index);
  process.stdout.write(`case ${index} (${target}, ${origin}, ${bytes.length} bytes): ${reason}\n\n`);
  if (values.save === undefined) return;
  mkdirSync(values.save, { recursive: true });
  writeFileSync(path.join(values.save, `${seed}-${index}.${target === 'model' ? 'onnx' : target}`), bytes);
}
