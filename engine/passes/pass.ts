// What a pass is: a named function from graph to graph. The pipeline times each and verifies its result.

import type { Identities } from '../ir/constants/identities.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import type { Graph } from '../ir/types.ts';
import type { CompileOptions } from '../options.ts';

/** What passes may look at besides the graph. */
export interface PassContext {
  readonly read: ReadBytes;
  readonly options: CompileOptions;
  /** which constants are equal, as far as the passes before know */
  readonly identities?: Identities;
}

/** A step of lowering. */
export interface Pass {
  /** shown in the app and in errors */
  readonly name: string;
  readonly run: (graph: Graph, context: PassContext) => Graph;
}
