import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/caches.ts', 'test/support/pages.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a page shows comes when the machine has time for it.
    expect: { poll: { timeout: 30_000 } },
    // Two workers: the engine's own tests start threads too.
    maxWorkers: 2,
  },
});
