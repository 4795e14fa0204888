// Our own scheme, the only thing that is ever loaded: standard and secure, so that pages behave as on a server.

import { net, protocol, type Session } from 'electron';
import { APP_SCHEME } from './ipc/channels.ts';
import { answer } from './security.ts';

/** Must be called before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the files below `folder` under our scheme. */
export function serveApp(session: Session, folder: string): void {
  session.protocol.handle(APP_SCHEME, request => answer(request, folder, url => net.fetch(url)));
}
