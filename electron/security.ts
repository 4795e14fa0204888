// What the page may not do: open windows, navigate away, ask for permissions. What it may load: our own files.

import { pathToFileURL } from 'node:url';
import { net, protocol, type Session, type WebContents } from 'electron';
import { fileBelow } from './app-files.ts';
import { APP_SCHEME } from './ipc/channels.ts';
import { isOwnPage } from './ipc/sender.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // React Flow and the virtual lists position elements through style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Must be called before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the files below `folder` under our scheme, with a strict policy; anything outside is not found. */
export function serveApp(session: Session, folder: string): void {
  session.protocol.handle(APP_SCHEME, async request => {
    const file = await fileBelow(folder, new URL(request.url).pathname);
    if (file === undefined) return new Response('not found', { status: 404 });
    const response = await net.fetch(pathToFileURL(file).href);
    const headers = new Headers(response.headers);
    headers.set('Content-Security-Policy', POLICY);
    headers.set('X-Content-Type-Options', 'nosniff');
    return new Response(response.body, { status: response.status, headers });
  });
}

export function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', event => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', event => event.preventDefault());
  contents.session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
}
