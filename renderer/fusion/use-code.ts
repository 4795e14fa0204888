// The generated code of a group: asked for when it is looked at, once per group and settings.

import { useEffect, useState } from 'react';
import type { GeneratedCode, ProtocolError } from '../../engine/protocol.ts';
import { useAppParts, useModel } from '../hooks/app-context.ts';
import { optionsKey } from '../state/settings.ts';
import { errorOf } from '../state/store.ts';

export type CodeState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'code'; readonly code: GeneratedCode }
  | { readonly kind: 'failed'; readonly error: ProtocolError };

const WAITING: CodeState = { kind: 'waiting' };

/** The generated code of a group, asked for anew when the settings change. */
export function useCode(group: string): CodeState {
  const { bridge } = useAppParts();
  const { id, options: history } = useModel();
  const options = history.present;
  const key = `${id} ${group} ${optionsKey(options)}`;
  const [state, setState] = useState<{ readonly key: string; readonly of: CodeState }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for model, group and options
  useEffect(() => {
    const abort = new AbortController();
    bridge.request('code', { model: id, options, group }, { signal: abort.signal }).then(
      code => setState({ key, of: { kind: 'code', code } }),
      failure => {
        const error = errorOf(failure);
        if (error.id !== 'cancelled') setState({ key, of: { kind: 'failed', error } });
      },
    );
    return () => abort.abort();
  }, [bridge, key]);
  return state?.key === key ? state.of : WAITING;
}
