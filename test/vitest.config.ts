import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/caches.ts', 'test/support/pages.ts'],
    // No test asserts a time: what takes longer than this does not end.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What a page shows comes when the machine has time for it.
    expect: { poll: { timeout: 90_000 } },
    // What a page was waited for in vain is tried once more, and reported as such: a busy machine can lose a click.
    retry: { count: 1, condition: /Timeout \d+ms exceeded/ },
    // Two workers: the engine's own tests start threads too.
    maxWorkers: 2,
  },
});
