// Whether a message comes from our own page: anything else is dropped.

import { APP_ORIGIN } from './channels.ts';

/** `url` is that of the frame that sent the message. Only the top frame of a page under our own scheme counts. */
export function isOwnPage(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}` === APP_ORIGIN;
}
