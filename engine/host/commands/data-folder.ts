// A folder of test data as ONNX lays it out: input_0.pb, input_1.pb …, output_0.pb …

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { badInput } from '../failure.ts';

export interface DataFolder {
  readonly inputs: readonly { readonly path: string; readonly index: number }[];
  /** in order of the model's outputs, from the first on */
  readonly outputs: readonly string[];
}

/** Throws bad-input when the folder is not there, or its numbering has holes in the outputs. */
export function readDataFolder(folder: string): DataFolder {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw badInput(
      `expected a folder of test data (${error instanceof Error ? error.message : error})`,
      folder,
    );
  }
  const numbered = (kind: string) =>
    names
      .flatMap(name => {
        const match = new RegExp(`^${kind}_(\\d+)\\.pb$`).exec(name);
        return match ? [{ path: path.join(folder, name), index: Number(match[1]) }] : [];
      })
      .sort((a, b) => a.index - b.index);
  const outputs = numbered('output');
  const hole = outputs.findIndex(({ index }, position) => index !== position);
  if (hole >= 0) throw badInput(`expected output_${hole}.pb, found none`, folder);
  return { inputs: numbered('input'), outputs: outputs.map(output => output.path) };
}
