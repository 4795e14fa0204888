// The clipboard: what was copied is said, and so is that it could not be.

import { type AppStore, notify } from '../state/store.ts';

/** `what`: as the notice names it, such as '3 rows of Operators'. */
export async function copyText(store: AppStore, text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(store, { severity: 'info', title: 'Copied', message: what });
  } catch (error) {
    // Browsers refuse it to pages that are not in front, and where the user does not allow it.
    const reason = error instanceof Error ? error.message : String(error);
    notify(store, { severity: 'error', title: 'Copying failed', message: `${what}: ${reason}` });
  }
}
