// Whether the window is narrower than so many px, also as it changes: zooming in makes it so.

import { useCallback, useSyncExternalStore } from 'react';

export function useNarrow(px: number): boolean {
  const query = `(max-width: ${px - 1}px)`;
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = matchMedia(query);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
