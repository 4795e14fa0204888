// What may come over each channel from the page, and from another start of the app, checked on arrival. (Requests have
// the protocol's own schema.)

import path from 'node:path';
import { z } from 'zod';

const LONGEST_TEXT = 4096;
const MOST_ITEMS = 200;
const short = z.string().max(LONGEST_TEXT);

export const savedFile = z.object({
  fileName: short.min(1),
  mime: short,
  text: z.string(),
  encoding: z.literal('base64').optional(),
});

export const pickedPath = short.min(1);

/** What a second start says to the first. */
export const start = z.object({
  model: z
    .union([
      z.object({ kind: z.literal('path'), path: short.min(1).refine(path.isAbsolute) }),
      z.object({ kind: z.literal('sample'), name: short.min(1) }),
    ])
    .optional(),
});

/** Where links of the app lead; nothing else is given to the system's browser. */
const LINKED_HOSTS: ReadonlySet<string> = new Set(['onnx.ai']);

export const link = short.refine(
  text => {
    const url = URL.parse(text);
    return url?.protocol === 'https:' && LINKED_HOSTS.has(url.host) && url.username + url.password === '';
  },
  { message: `expected an https address at one of ${[...LINKED_HOSTS].join(', ')}` },
);

export const theme = z.enum(['system', 'light', 'dark']);

/** A command as a menu shows it. */
const menuItem = z.object({
  id: short,
  title: short,
  shortcut: short.optional(),
  section: z.boolean(),
  enabled: z.boolean(),
  /** only switches have it */
  checked: z.boolean().optional(),
});
export type MenuItem = z.infer<typeof menuItem>;

export const menus = z
  .array(z.object({ title: short, items: z.array(menuItem).max(MOST_ITEMS) }))
  .max(MOST_ITEMS);
export type Menus = z.infer<typeof menus>;
