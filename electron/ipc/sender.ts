// Whether a message comes from our own page: anything else is dropped.

import { APP_ORIGIN } from './channels.ts';

/** Whether a URL is one of our own scheme and host. */
export function isOwnPage(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}` === APP_ORIGIN;
}

/** The parts of Electron's types that tell where a message comes from. */
interface Frame {
  readonly url: string;
}
export interface Sent {
  readonly sender: { readonly mainFrame: Frame };
  readonly senderFrame: Frame | null;
}

/** Only the top frame of the window we made, while it shows a page of ours, is heard. */
export function isFromOwnPage({ sender, senderFrame }: Sent, page: Sent['sender'] | undefined): boolean {
  return sender === page && senderFrame === sender.mainFrame && isOwnPage(senderFrame.url);
}
