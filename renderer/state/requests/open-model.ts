// One model opened and shown, whoever asks for it: the user, the shell, or a page that is loaded again.
// Invariant: a failure never takes away what was open.

import type { ModelSource } from '../../../engine/protocol.ts';
import type { Bridge } from '../../bridge/bridge.ts';
import type { AppState } from '../app-state.ts';
import { localPlace } from '../derived/graph-index.ts';
import { withOpened } from '../models.ts';
import { modelBefore, type OpenBefore } from '../session.ts';
import { type AppStore, errorOf, notify, notifyFailure, runJob } from '../store.ts';
import { nameOf } from './sources.ts';

export interface OpenChoices {
  /** from `nextTurn`, where it was asked for earlier than `open` is called */
  readonly turn?: number;
  /** what is known of the model since it was open last */
  readonly before?: OpenBefore;
  /** what was told before it was asked for, and goes once it is open; all there is when absent */
  readonly told?: AppState['notices'];
}

export interface Opener {
  /** The place in the order in which models are asked for. */
  nextTurn(): number;
  /** Resolves with the engine's name of the model, or with none where it could not be opened: then that was told. */
  open(source: ModelSource, choices?: OpenChoices): Promise<string | undefined>;
  /** Reads anew which files were opened lately. */
  refreshRecent(): void;
}

/** Opens models; `plan` is called once one is shown. */
export function createOpener(store: AppStore, bridge: Bridge, plan: () => void): Opener {
  // Models that are opened side by side may arrive in another order: the one asked for last is shown.
  let asked = 0;
  let shown = 0;
  const show = (opened: Parameters<typeof withOpened>[1], turn: number): void => {
    const { active } = store.getState();
    store.setState(state => withOpened(state, opened));
    if (turn < shown && active !== undefined) store.setState({ active });
    shown = Math.max(shown, turn);
    plan();
  };
  const nextTurn = (): number => ++asked;
  const refreshRecent = (): void => {
    bridge.request('recent', {}).then(
      recent => store.setState({ recent }),
      failure => notifyFailure(store, 'Recent files', errorOf(failure)),
    );
  };
  const open: Opener['open'] = async (
    source,
    { turn = nextTurn(), before, told = store.getState().notices } = {},
  ) => {
    const opened = await runJob(store, `Opening ${nameOf(source)}`, async control => {
      const body = { source, ...(before && { dims: before.options.present.dims }) };
      const { model, summary } = await bridge.request('open', body, control);
      const [problem] = summary.diagnostics.filter(({ severity }) => severity === 'error');
      if (problem && summary.graph.nodes.length === 0) {
        // Nothing to look at: the problem is told, and what was open stays in view.
        const where = localPlace(problem.where, summary.path);
        const title = `${nameOf(source)} cannot be opened`;
        notify(store, { severity: 'error', title, where, message: problem.message });
        await bridge.request('close', { model });
        return undefined;
      }
      const known = before && { before: modelBefore(before, summary.sha256) };
      show({ id: model, source, summary, ...known }, turn);
      // What went wrong before is of another model.
      if (!before) {
        const { notices } = store.getState();
        store.setState({ notices: notices.filter(notice => !told.includes(notice)) });
      }
      return model;
    });
    refreshRecent();
    return opened;
  };
  return { nextTurn, open, refreshRecent };
}
