// What the page may not do: open windows, navigate away, download, ask for permissions. What it may load: our own files.

import { pathToFileURL } from 'node:url';
import { fileBelow, SECURITY_HEADERS } from '../engine/host/shell/page-files.ts';
import { isOwnPage } from './ipc/sender.ts';

/** Answers a request under our scheme from the files below `folder`; anything else is not found. */
export async function answer(
  request: { readonly method: string; readonly url: string },
  folder: string,
  load: (url: string) => Promise<Response>,
): Promise<Response> {
  const file =
    request.method === 'GET' && isOwnPage(request.url)
      ? await fileBelow(folder, new URL(request.url).pathname)
      : undefined;
  if (file === undefined) return new Response('not found', { status: 404, headers: SECURITY_HEADERS });
  const loaded = await load(pathToFileURL(file).href);
  const headers = new Headers(SECURITY_HEADERS);
  // Named by the file's extension, as the local server does.
  const type = loaded.headers.get('Content-Type');
  if (type !== null) headers.set('Content-Type', type);
  return new Response(loaded.body, { status: loaded.status, headers });
}

/** The part of Electron's WebContents that is confined. */
export interface Confinable {
  setWindowOpenHandler(handler: () => { action: 'deny' }): void;
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown;
  on(
    event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect',
    listener: (event: Preventable & { readonly url: string }) => void,
  ): unknown;
  readonly session: {
    setPermissionRequestHandler(
      handler: (contents: unknown, permission: string, decide: (granted: boolean) => void) => void,
    ): void;
    setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean): void;
    setDevicePermissionHandler(handler: () => boolean): void;
    on(event: 'will-download', listener: (event: Preventable) => void): unknown;
  };
}

interface Preventable {
  preventDefault(): void;
}

/** Copying text; reading the clipboard is another permission. */
const isAllowed = (permission: string): boolean => permission === 'clipboard-sanitized-write';

/** No windows, no web views, no permission but to copy, no downloads, and no way to another page than our own. */
export function confine(contents: Confinable): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const) {
    contents.on(event, attempt => {
      if (!isOwnPage(attempt.url)) attempt.preventDefault();
    });
  }
  contents.on('will-attach-webview', attempt => attempt.preventDefault());
  contents.session.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(isAllowed(permission)),
  );
  contents.session.setPermissionCheckHandler((_contents, permission) => isAllowed(permission));
  contents.session.setDevicePermissionHandler(() => false);
  // What is saved goes through the dialog of the main process.
  contents.session.on('will-download', download => download.preventDefault());
}
