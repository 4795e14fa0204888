// Builds the renderer to renderer/dist: one page and one worker, no inline scripts, relative addresses.
// The same files are served by Electron's own scheme and by the local server.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// What the caller's environment is for (tests set 'test') says nothing about the pages: React's slow development build
// must not get into them.
process.env.NODE_ENV = 'production';

export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    // A page that is open keeps loading its views while the next build is written; names carry hashes.
    emptyOutDir: false,
    // Inlined assets would be data: addresses, which the content security policy refuses for scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: 'es' },
});
