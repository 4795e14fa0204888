// Bundles the desktop shell: main as an ES module, preload as CommonJS. Node's and Electron's modules stay outside.

import path from 'node:path';
import { build } from 'vite';

const here = import.meta.dirname;

/** Writes electron/dist/main.js and electron/dist/preload.cjs. */
export async function buildElectron(): Promise<void> {
  await bundle('main.ts', 'es', 'main.js');
  await bundle('preload.ts', 'cjs', 'preload.cjs');
}

async function bundle(entry: string, format: 'es' | 'cjs', fileName: string): Promise<void> {
  await build({
    configFile: false,
    root: here,
    logLevel: 'error',
    build: {
      outDir: path.join(here, 'dist'),
      emptyOutDir: false,
      minify: false,
      target: 'esnext',
      ssr: path.join(here, entry),
      rolldownOptions: {
        external: [/^node:/, 'electron'],
        output: { format, entryFileNames: fileName, codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
  });
}
