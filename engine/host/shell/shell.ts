// What the engine's side of a page asks of the shell it runs in: the desktop app or the local server.

import type { ModelSource, Replies } from '../../protocol.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import type { KeptRuns } from './kept-runs.ts';

/** What differs between shells. */
export interface Shell {
  readonly kind: 'electron' | 'server';
  /** keeps what the page uploaded before it was loaded again; unknown where nothing is uploaded */
  readonly hold?: (upload: string) => void;
  /** the folder that may be browsed */
  readonly root?: string;
  /** what a page opens first */
  readonly initial?: ModelSource;
  /** of all pages: one that is loaded again asks for its runs by their ids */
  readonly runs: KeptRuns;
  /** A source as a page names it → what an engine opens. Throws bad-input for what the page may not open. */
  readonly resolve: (source: ModelSource) => Promise<EngineSource>;
  /** of a folder below `root`, or of the one where browsing begins */
  readonly browse: (folder?: string) => Promise<Replies['browse']>;
  readonly recent: () => Promise<Replies['recent']>;
  /** a model was opened: remember it */
  readonly opened: (source: EngineSource) => Promise<void>;
}
