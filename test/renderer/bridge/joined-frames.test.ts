import { expect, test } from 'vitest';
import { framesOf } from '../../../engine/frames.ts';
import type { ServerMessage } from '../../../engine/protocol.ts';
import { joinFrames } from '../../../renderer/bridge/joined-frames.ts';

const asItIs = (message: ServerMessage): ServerMessage => message;

const reply = (id: number, body: unknown): ServerMessage => ({ kind: 'reply', id, body });

test('messages arrive whole and in their order, however they were parted', async () => {
  const messages = [reply(1, 'short'), reply(2, 'è🜁'.repeat(200)), reply(3, 'after it'), reply(4, '+')];
  for (const part of [7, 64, 10_000]) {
    const received: ServerMessage[] = [];
    const take = joinFrames(asItIs, message => received.push(message));
    for (const message of messages) for (const frame of framesOf(JSON.stringify(message), part)) take(frame);
    await expect.poll(() => received.length).toBe(messages.length);
    expect(received, `parts of ${part}`).toEqual(messages);
  }
});

test('no part ends within a character', () => {
  const text = '🜁'.repeat(100);
  const frames = [...framesOf(text, 7)];
  expect(frames.length).toBeGreaterThan(10);
  for (const frame of frames) expect(frame.isWellFormed()).toBe(true);
});

test('a short message is taken up at once', () => {
  const received: ServerMessage[] = [];
  joinFrames(asItIs, message => received.push(message))(JSON.stringify(reply(1, 'now')));
  expect(received).toEqual([reply(1, 'now')]);
});
