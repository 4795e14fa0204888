// What both shells serve to the page: files of one folder, and the policy that goes with every answer. Written once.

import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a page may load: our own files, and pictures it made itself. No inline scripts and no inline styles; elements
 * are positioned through the style objects of the DOM, which no policy is about.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** The file that a URL path names below `folder`, links followed; undefined for what lies outside or is not there. */
export async function fileBelow(folder: string, urlPath: string): Promise<string | undefined> {
  try {
    const name = decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath);
    const [base, file] = await Promise.all([realpath(folder), realpath(path.join(folder, name))]);
    const inside = file.startsWith(base + path.sep) && (await stat(file)).isFile();
    return inside ? file : undefined;
  } catch {
    // No such file, or a path that cannot be decoded: both are not found.
    return undefined;
  }
}
