// How long it takes to begin: contenders are created and closed again, in turns, each time in a process of its own,
// before those that stay are created. One start says little: medians count.

import { compileOptions } from '../../options.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { type Contender, ownContender, type PeerName, peerContender, type StartTimes } from './contender.ts';
import type { Round } from './types.ts';

/** Creates a contender in a new process. */
export type Starter = () => Promise<Contender>;

/** The median of so many starts of each, begun in turns; undefined for one that never started. */
export async function timeStarts(
  starters: readonly Starter[],
  starts: number,
): Promise<(StartTimes | undefined)[]> {
  const times = starters.map((): StartTimes[] => []);
  for (let turn = 0; turn < starts; turn++) {
    for (const [index, start] of starters.entries()) {
      // Who cannot start is told about where the one that stays is created.
      const contender = await start().catch(() => undefined);
      if (!contender) continue;
      const { createMs, firstRunMs } = contender;
      times[index]?.push({ createMs, firstRunMs });
      await contender.close();
    }
  }
  return times.map(medianStart);
}

/** The start in the middle, by both times together. */
export function medianStart(times: readonly StartTimes[]): StartTimes | undefined {
  const total = ({ createMs, firstRunMs }: StartTimes): number => createMs + firstRunMs;
  return times.toSorted((a, b) => total(a) - total(b))[(times.length - 1) >> 1];
}

/** Peers with V8's flags and, those that notice, with ours. */
export const peerStarts = (peers: readonly PeerName[], engines: Engines) =>
  peers.flatMap(peer =>
    (peer === 'ort-web' && engines.simd.includes('256') ? [false, true] : [false]).map(ownFlags => ({
      peer,
      ownFlags,
    })),
  );

/** Of our best: compiled, and with what was compiled before. */
export interface OwnStart {
  readonly fresh: StartTimes | undefined;
  readonly cached: StartTimes | undefined;
}

/** Start-ups in turns: ours compiled, ours from the cache, then those of the peers in their order. */
export async function startTimes(
  { lease, engines, request, model, peerModel, threads }: Round,
  control: CallControl,
): Promise<{ readonly own: OwnStart; readonly peers: readonly (StartTimes | undefined)[] }> {
  const options = compileOptions.parse({ ...request.options, threads });
  const own = (cache: boolean) => (): Promise<Contender> => {
    engines.stop();
    const { inputs } = request;
    return ownContender(lease, { variant: 'arenascope', model, options, inputs, cache }, control);
  };
  const peers = peerModel
    ? peerStarts(request.peers, engines).map(
        ({ peer, ownFlags }) =>
          () =>
            peerContender(peer, ownFlags, { ...peerModel, threads }),
      )
    : [];
  const { starts = 0 } = request;
  // What is kept by the first is what the others find.
  if (starts > 0) await (await own(true)()).close();
  const [fresh, cached, ...others] = await timeStarts([own(false), own(true), ...peers], starts);
  if (starts > 0) engines.stop();
  return { own: { fresh, cached }, peers: others };
}
