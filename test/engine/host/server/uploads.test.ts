// Uploads that nobody opens, and those at their limits.

import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { Uploads } from '../../../../engine/host/server/uploads.ts';

const LIMITS = { totalBytes: 1000, files: 3 };
const opened: Uploads[] = [];
const made = (): Uploads => {
  const uploads = new Uploads(LIMITS, { left: 10, lost: 60_000 }, 40);
  opened.push(uploads);
  return uploads;
};
afterEach(async () => {
  for (const uploads of opened.splice(0)) await uploads.deleteAll();
});

/** A request that brings so many bytes; its end is up to the test. */
function request(bytes: number): PassThrough & IncomingMessage {
  const stream = Object.assign(new PassThrough(), { headers: { 'content-length': String(bytes) } });
  stream.write(new Uint8Array(bytes || 0));
  return stream as unknown as PassThrough & IncomingMessage;
}

test('one that no page comes back to is deleted', async () => {
  const uploads = made();
  const upload = await uploads.begin();
  const folder = path.join(await uploads.folder(), upload);
  const part = request(10);
  part.end();
  await uploads.receive(upload, { file: 'a.onnx', at: 0 }, part);
  expect(existsSync(path.join(folder, 'a.onnx'))).toBe(true);
  await expect.poll(() => existsSync(folder)).toBe(false);
  expect(() => uploads.resolve(upload, 'a.onnx')).toThrow('expected an uploaded file');
});

test('one whose part is under way, or that a page holds, stays', async () => {
  const uploads = made();
  const base = await uploads.folder();
  const there = (upload: string): boolean => existsSync(path.join(base, upload));
  // Each is claimed as soon as it has begun: the next may take longer to begin than it would wait.
  const slow = await uploads.begin();
  const part = request(10);
  const received = uploads.receive(slow, { file: 'a.onnx', at: 0 }, part);
  const held = await uploads.begin();
  uploads.hold(held);
  const left = await uploads.begin();
  await expect.poll(() => there(left)).toBe(false);
  expect([slow, held].map(there)).toEqual([true, true]);
  part.end();
  await received;
  expect(uploads.resolve(slow, 'a.onnx')).toBe(path.join(base, slow, 'a.onnx'));
  uploads.release(held, 'left');
  await expect.poll(() => [slow, held].map(there)).toEqual([false, false]);
});

test('one whose page lost its connection waits for longer than one whose page was left', async () => {
  const uploads = made();
  const [left, lost] = [await uploads.begin(), await uploads.begin()];
  const base = await uploads.folder();
  for (const upload of [left, lost]) uploads.hold(upload);
  uploads.release(lost, 'lost');
  uploads.release(left, 'left');
  await expect.poll(() => existsSync(path.join(base, left))).toBe(false);
  // Both would be gone by now if they were treated alike.
  await new Promise(resolve => setTimeout(resolve, 60));
  expect(uploads.resolve(lost, 'a.onnx')).toBe(path.join(base, lost, 'a.onnx'));
});

/** Receives a part of so many bytes after the other; the message of the first that is refused. */
async function refusal(...parts: readonly (readonly [file: string, at: number, bytes: number])[]) {
  const uploads = made();
  const upload = await uploads.begin();
  try {
    for (const [file, at, bytes] of parts) {
      const part = request(bytes);
      part.end();
      await uploads.receive(upload, { file, at }, part);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

test('all bytes and files that are allowed are taken, and not one more', async () => {
  expect(await refusal(['a', 0, 600], ['b', 0, 400])).toBeUndefined();
  expect(await refusal(['a', 0, 600], ['b', 0, 401])).toContain('at most 1000 bytes');
  expect(await refusal(['a', 999, 1])).toBeUndefined();
  expect(await refusal(['a', 1000, 1])).toContain('at most 1000 bytes');
  expect(await refusal(['a', 0, 1], ['b', 0, 1], ['c', 0, 1], ['c', 1, 1])).toBeUndefined();
  expect(await refusal(['a', 0, 1], ['b', 0, 1], ['c', 0, 1], ['d', 0, 1])).toContain('at most 3 files');
});

test('places that are none, and names that are no relative paths, are refused', async () => {
  expect(await refusal(['a', -1, 1])).toContain('place of a part');
  expect(await refusal(['a', 0.5, 1])).toContain('place of a part');
  expect(await refusal(['a', 0, Number.NaN])).toContain('size of a part');
  for (const name of [
    '',
    '.',
    './a',
    'a/../b',
    'a//b',
    'a\\..\\b',
    'C:\\a',
    'c:a',
    '/a',
    'a\0',
    'x'.repeat(1025),
  ])
    expect(await refusal([name, 0, 1]), name.slice(0, 9)).toContain('relative path');
  expect(await refusal(['x'.repeat(200), 0, 1])).toBeUndefined();
});
