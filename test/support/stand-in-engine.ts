// Engine processes that are none: what a shell asks of one arrives at a function of the test, which answers as it likes.

import type { EngineHost } from '../../engine/host/engines/engine-link.ts';

/** A request as an engine process gets it. */
interface Asked {
  readonly kind: string;
  readonly id: number;
  readonly name: string;
}

/** What the other side of one process can do. */
interface StandIn {
  readonly tell: (message: unknown) => void;
  readonly end: (reason: string) => void;
}

/** A host of one SIMD class. `make` is called for every process that is started, and gives what hears its requests. */
export function standInHost(make: (standIn: StandIn) => (request: Asked) => void): EngineHost {
  const start: EngineHost['start'] = () => {
    let tell: StandIn['tell'] = () => {};
    let end: StandIn['end'] = () => {};
    const hear = make({ tell: message => tell(message), end: reason => end(reason) });
    return {
      pid: 1,
      kill: () => {},
      onEnd: listener => {
        end = listener;
      },
      onMessage: listener => {
        tell = listener;
      },
      send: message => {
        const asked = message as Asked;
        if (asked.kind === 'request') hear(asked);
      },
    };
  };
  return { simd: ['128'], start };
}
