#!/usr/bin/env node
// Entry of the command line, in plain JavaScript: an old Node hands over to the Node that was installed with the
// program, or says what to do.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const major = Number(process.versions.node.split('.')[0]);

function installedNode() {
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the command with another Node and ends as it ends. */
function handOver(binary) {
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ARENASCOPE_HANDED_OVER: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', code => process.exit(code ?? 2));
}

const newer = major < 26 && !process.env.ARENASCOPE_HANDED_OVER ? installedNode() : undefined;
if (newer !== undefined) handOver(newer);
else {
  await import('./require-node.mjs');
  const { main } = await import('./cli.ts');
  process.exitCode = await main(process.argv.slice(2));
}
