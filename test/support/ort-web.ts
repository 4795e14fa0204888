// onnxruntime-web as the oracle of whole models: the same file, the same inputs, one thread.

import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import type { NamedTensor } from '../../engine/host/bench/peer-process.ts';
import type { Dtype, Tensor } from '../../engine/ir/types.ts';
import { type InputDescription, seededInputs } from '../../engine/runtime/seeded-inputs.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Outputs of a model file for the inputs that our engines make from the same seed. */
export async function runOrtWeb(
  file: string,
  inputs: readonly InputDescription[],
  seed: number,
): Promise<NamedTensor[]> {
  const session = await ort.InferenceSession.create(readFileSync(file));
  try {
    const feeds = seededInputs(inputs, seed).map(({ dtype, shape, data }, index): [string, ort.Tensor] => [
      inputs[index]?.name ?? '',
      new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.flatMap(name => {
      const output = results[name];
      if (!output) return [];
      const { type, dims, data } = output;
      return [{ name, tensor: { dtype: type as Dtype, shape: [...dims], data: data as Tensor['data'] } }];
    });
  } finally {
    await session.release();
  }
}
