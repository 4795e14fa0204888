// Opening models: files and folders that are picked or dropped, what the shell asks for, and what there is at the start.

import type { ModelSource } from '../../../engine/protocol.ts';
import { counted } from '../../../engine/report/counted.ts';
import type { Bridge, PickedFile } from '../../bridge/bridge.ts';
import { findModels } from '../../bridge/picked-files.ts';
import type { ActionPorts } from '../ports.ts';
import type { SessionBefore } from '../session.ts';
import { type AppStore, notify, runJob } from '../store.ts';
import { createOpener, type Opener } from './open-model.ts';
import { restoreSession } from './restoring.ts';
import { sameSource } from './sources.ts';

/** The actions that open models; `plan` is called once another one is shown. */
export function createOpening(store: AppStore, ports: ActionPorts, plan: () => void) {
  const { bridge } = ports;
  const opener = createOpener(store, bridge, plan);
  const openPicked = (files: readonly PickedFile[]): Promise<void> => openFiles(store, bridge, opener, files);
  return {
    async open(source: ModelSource): Promise<void> {
      await opener.open(source);
    },
    openFiles: openPicked,
    refreshRecent: opener.refreshRecent,
    pickAndOpen: async (kind: 'files' | 'folder'): Promise<void> => openPicked(await ports.pickFiles(kind)),
    /** What the shell asks for: shown if it is open already. */
    async openFromShell(source: ModelSource): Promise<void> {
      const known = store.getState().models.find(model => sameSource(model.source, source));
      if (!known) await opener.open(source);
      else {
        store.setState({ active: known.id });
        plan();
      }
    },
    /** Learns what this machine can do and opens what was open before, or what the shell was started with. */
    async start(before?: SessionBefore): Promise<void> {
      await runJob(store, 'Starting the engine', async () => {
        const [machine, samples] = await Promise.all([
          bridge.request('machine', {}),
          bridge.request('samples', {}),
        ]);
        store.setState({ machine, samples });
      });
      opener.refreshRecent();
      const initial = store.getState().machine?.initial;
      if (before) {
        await restoreSession(store, bridge, opener, before);
        plan();
      } else if (initial && store.getState().models.length === 0) await opener.open(initial);
    },
  };
}

/** Opens every model among files picked together, or of a folder the one it is for; tells what is left out. */
async function openFiles(
  store: AppStore,
  bridge: Bridge,
  opener: Opener,
  files: readonly PickedFile[],
): Promise<void> {
  if (files.length === 0) return;
  const { models, leftOut } = findModels(files);
  if (models.length === 0) {
    const where = files.length === 1 ? (files[0]?.path ?? '') : counted(files.length, 'file');
    const message = 'expected a model (.onnx), with its external data beside it; found none';
    notify(store, { severity: 'error', title: 'Nothing to open', where, message });
    return;
  }
  const told = store.getState().notices;
  for (const entry of models) {
    const turn = opener.nextTurn();
    // What lies beside several models may be any one's external data.
    const own = files.filter(file => file === entry || !models.includes(file));
    const source = await runJob(store, `Reading ${entry.path}`, control =>
      bridge.sourceOf(own, entry, control),
    );
    if (source) await opener.open(source, { turn, told });
  }
  if (leftOut.length > 0) tellLeftOut(store, models, leftOut);
}

function tellLeftOut(store: AppStore, models: readonly PickedFile[], leftOut: readonly PickedFile[]): void {
  notify(store, {
    severity: 'info',
    title: `${counted(leftOut.length, 'model')} left out`,
    where: leftOut.map(({ path }) => path).join(', '),
    message: `Of a folder one model is opened, here ${models.map(({ path }) => path).join(', ')}. Open others as files.`,
  });
}
