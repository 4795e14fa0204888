// What an ONNX file says, decoded but not yet connected: values are names, functions are not expanded.
// Made by decode.ts, turned into a Graph by build.ts. `at` is the byte of the file where a thing begins.

import type { Attribute, Constant, Dtype, Value } from '../ir/types.ts';
import { quoted, shortened } from './diagnostics.ts';

/** A model as its file has it; `opsets`: version by domain. */
export interface FileModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: FileGraph | undefined;
  readonly functions: ReadonlyMap<string, FileFunction>;
}

/** A graph as its file has it. `at`, here and below: the byte of the file where it begins, for diagnostics. */
export interface FileGraph {
  readonly at: number;
  readonly name: string;
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  readonly initializers: readonly FileTensor[];
  readonly nodes: readonly FileNode[];
}

/** A node as its file has it; inputs and outputs are names, empty for those left out. */
export interface FileNode {
  readonly at: number;
  /** position among the nodes of its graph or function */
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly FileAttribute[];
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** How messages name a node: '"conv1" (Conv)', or 'Conv #17 → y' when the file has no name for it. */
export function nodeText({
  name,
  type,
  index,
  outputs,
}: Pick<FileNode, 'name' | 'type' | 'index' | 'outputs'>): string {
  if (name !== '') return type === '' ? quoted(name) : `${quoted(name)} (${shortened(type)})`;
  const result = outputs.find(output => output !== '') ?? '';
  return `${type === '' ? '' : `${shortened(type)} `}#${index}${result === '' ? '' : ` → ${shortened(result)}`}`;
}

export interface FileAttribute {
  readonly name: string;
  /** in a function: the attribute of the call to take the value from */
  readonly reference: string;
  /** undefined where it could not be read, and for a reference */
  readonly value: Attribute | { readonly type: 'file-graph'; readonly graph: FileGraph } | undefined;
}

/** A function of the model (ONNX FunctionProto), to be put in the place of its calls. */
export interface FileFunction {
  readonly at: number;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly defaults: readonly FileAttribute[];
  readonly nodes: readonly FileNode[];
  readonly opsets: Readonly<Record<string, number>>;
}

/** A tensor as its file has it. */
export interface FileTensor {
  readonly at: number;
  readonly name: string;
  /** undefined where the data could not be had; type and shape may be known all the same */
  readonly constant?: Constant;
  readonly dtype?: Dtype;
  readonly shape?: readonly number[];
}

/** An input or output of a graph, with its declared type. */
export interface FileValue {
  readonly at: number;
  readonly name: string;
  readonly type: Pick<Value, 'dtype' | 'shape' | 'declared' | 'container'>;
}

/** 'ai.onnx' is another spelling of the default domain. */
export const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** Under which key `FileModel.functions` has a function. */
export const functionKey = (domain: string, name: string, overload: string): string =>
  JSON.stringify([plainDomain(domain), name, overload]);
