// A model as imported: graphs, tensors, open dimensions. Plain data: it crosses processes, is compared, exported and
// drawn.

import type { Diagnostic } from '../../ir/types.ts';

/** One tensor of the model as imported. Ids are indices, stable for an open model. */
export interface TensorSummary {
  readonly id: number;
  readonly name: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  /** per axis: `shape` has a capacity there, the extent is known when the model runs */
  readonly bounded?: readonly boolean[];
  /** as declared in the file, where it differs: symbols and unknown dimensions */
  readonly declared?: readonly (number | string)[];
  readonly bytes?: number;
  /** 'constant': stored in the file, as an initialiser or in a Constant node */
  readonly kind: 'input' | 'output' | 'activation' | 'constant';
  /** node index, if a node makes it */
  readonly producer?: number;
  /** node indices; those whose bodies read it too */
  readonly consumers: readonly number[];
}

/** A node as the file has it. */
export interface NodeSummary {
  readonly id: number;
  readonly name: string;
  readonly op: string;
  readonly version: number;
  /** tensor ids; null where an optional one is left out, as JSON has it */
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly (number | null)[];
  /** tensor ids that its bodies read without being given them; absent where there are none */
  readonly captures?: readonly number[];
  /** printed values: '[1, 1]', '"SAME_UPPER"', 'tensor float32 [64, 3, 7, 7]' */
  readonly attributes: readonly { readonly name: string; readonly type: string; readonly text: string }[];
  readonly doc?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** bodies of If, Loop, Scan */
  readonly subgraphs: readonly { readonly attribute: string; readonly graph: GraphSummary }[];
}

/** A graph in the order of its file; `inputs` and `outputs` are ids of tensors. */
export interface GraphSummary {
  readonly name: string;
  readonly nodes: readonly NodeSummary[];
  readonly tensors: readonly TensorSummary[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A dimension that must be given before the model can be planned or run. */
export interface OpenDimension {
  /** symbol, 'input:axis' when anonymous, 'input:rank' where no shape is declared: the key in CompileOptions.dims */
  readonly key: string;
  /** axis -1: the number of axes */
  readonly inputs: readonly { readonly name: string; readonly axis: number }[];
  /** what it is bound to now, if anything */
  readonly extent?: number;
  /** while unbound: a small extent that all shape rules accept, together with those of the others */
  readonly smallest?: number;
  readonly reason: 'given' | 'batch default' | 'unbound';
}

/** A model as it was imported, without its weights. */
export interface ModelSummary {
  readonly name: string;
  readonly path?: string;
  readonly format: string;
  readonly fileBytes: number;
  readonly sha256: string;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly graph: GraphSummary;
  /** scalars in constants */
  readonly parameters: number;
  readonly parameterBytes: number;
  readonly dimensions: readonly OpenDimension[];
  readonly diagnostics: readonly Diagnostic[];
  /** false: diagnostics say why */
  readonly runnable: boolean;
  /** false: can be looked at only; a model that cannot be run may still be planned */
  readonly plannable: boolean;
}
