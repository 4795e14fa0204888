// Parts of the window that come a moment after the rest: React renders them in slices, so that mounting a workspace
// does not block the page.

import { type ReactNode, startTransition, useEffect, useState } from 'react';

export function Later({ children }: { readonly children: ReactNode }) {
  const [ready, setReady] = useState(false);
  useEffect(() => startTransition(() => setReady(true)), []);
  return ready ? children : null;
}
