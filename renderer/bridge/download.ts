// A file handed to the user as a download. In Electron too this asks where to put it.

import type { SavedFile } from './bridge.ts';

/** Lets the browser save a file as one that was downloaded; nobody learns where it went. */
export function download({ fileName, mime, text, encoding }: SavedFile): void {
  const content = encoding === 'base64' ? Uint8Array.from(atob(text), byte => byte.charCodeAt(0)) : text;
  const url = URL.createObjectURL(new Blob([content], { type: mime }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken the blob over once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
