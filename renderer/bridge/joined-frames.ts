// Puts together the messages that the server sent in parts, and takes up long ones in tasks of their own, so that the
// page is not blocked by all that follows from them at once.

import { MORE_FOLLOWS } from '../../engine/frames.ts';
import type { ServerMessage } from '../../engine/protocol.ts';

/**
 * Returns what takes the frames of one connection, in their order. `receive` gets whole messages in their order, each
 * as `shown` gives it.
 */
export function joinFrames(
  shown: (message: ServerMessage) => ServerMessage,
  receive: (message: ServerMessage) => void,
): (frame: string) => void {
  let parts: string[] = [];
  let late: Promise<void> | undefined;
  return frame => {
    if (frame.startsWith(MORE_FOLLOWS)) {
      parts.push(frame.slice(MORE_FOLLOWS.length));
      return;
    }
    const isLong = parts.length > 0;
    const message = JSON.parse(parts.join('') + frame) as ServerMessage;
    parts = [];
    if (!isLong && !late) {
      receive(shown(message));
      return;
    }
    // What comes after a long message waits for it.
    const takeUp = async (before: Promise<void> | undefined): Promise<void> => {
      await (before ?? nextTask());
      const whole = shown(message);
      if (isLong) await nextTask();
      receive(whole);
    };
    const done = takeUp(late).then(() => {
      if (late === done) late = undefined;
    });
    late = done;
  };
}

const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve));
