// Starts the desktop app from the command line, or says in one line why that cannot be.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** Whether a window could be shown at all. */
export function hasDisplay(
  platform: string = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return platform === 'darwin' || platform === 'win32' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/**
 * Path of Electron's binary, fetched on the first call (the package itself ships none).
 * undefined when it is not there and cannot be fetched.
 */
function electronBinary(): string | undefined {
  const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const installed = (): string | undefined => {
    const pathFile = path.join(folder, 'path.txt');
    if (!existsSync(pathFile)) return undefined;
    const binary = path.join(folder, 'dist', readFileSync(pathFile, 'utf8'));
    return existsSync(binary) ? binary : undefined;
  };
  const found = installed();
  if (found !== undefined) return found;
  console.error("fetching Electron's binary, once…");
  spawnSync(process.execPath, [path.join(folder, 'install.js')], {
    stdio: 'ignore',
    timeout: DOWNLOAD_TIMEOUT_MS,
  });
  return installed();
}

/**
 * Opens the app, on `model` (an absolute path or 'sample:NAME') if given, and resolves true when it was closed.
 * Resolves false, after one line on stderr, where there is no display or no binary to be had.
 */
export async function launchElectron(model?: string): Promise<boolean> {
  if (!hasDisplay()) {
    console.error('no display: the app is served to a browser instead of opened in a window');
    return false;
  }
  const binary = electronBinary();
  if (binary === undefined) {
    console.error("Electron's binary could not be fetched: the app opens in a browser instead");
    return false;
  }
  const { buildShell } = await import('./bundles.ts');
  await buildShell(path.join(import.meta.dirname, 'dist'));
  const root = path.dirname(import.meta.dirname);
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = spawn(binary, [root, ...(model === undefined ? [] : [model])], {
    stdio: 'inherit',
    env: { ...env, ARENASCOPE_NODE: process.execPath },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => {
      process.exitCode = code ?? 1;
      resolve(true);
    });
  });
}
