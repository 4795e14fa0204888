// Real models with bytes changed, cut out, put in: the importer must come back, with a graph that holds together.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readFromMemory } from '../../../engine/ir/constant.ts';
import { subgraphsOf } from '../../../engine/ir/graph.ts';
import type { Graph } from '../../../engine/ir/types.ts';
import { importOnnx } from '../../../engine/onnx/import.ts';
import { hasShared, shared } from '../../support/shared.ts';

const MODELS = [
  ['models', 'mnist-cntk', 'model.onnx'],
  ['models', 'unitree-g1-policy', 'model.onnx'],
  ['models', 'silero-vad-ifless', 'model.onnx'],
  ['models', 'micro-kws', 'model.onnx'],
  ['onnx', 'node', 'test_range_float_type_positive_delta_expanded', 'model.onnx'],
  ['onnx', 'node', 'test_sequence_map_identity_1_sequence_expanded', 'model.onnx'],
  ['onnx', 'light', 'light_squeezenet.onnx'],
];

const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 60);
const SEED = Number(process.env.FUZZ_SEED ?? 20250601);

/** mulberry32: integers below `limit` from a seed */
function random(seed: number): (limit: number) => number {
  let state = seed | 0;
  return limit => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

function mutate(original: Uint8Array, below: (limit: number) => number): Uint8Array {
  let bytes = new Uint8Array(original);
  for (let changes = 1 + below(8); changes > 0; changes--) {
    // Half of the changes near the start or end, where the structure is and not the weights.
    const at = below(2) === 0 ? below(bytes.length) : Math.abs(below(4000) - below(4000)) % bytes.length;
    const kind = below(4);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 2) bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at + 1 + below(40))]);
    else {
      const from = below(bytes.length);
      const inserted = bytes.slice(from, from + 1 + below(60));
      bytes = new Uint8Array([...bytes.slice(0, at), ...inserted, ...bytes.slice(at)]);
    }
    if (bytes.length === 0) bytes = new Uint8Array([0]);
  }
  return bytes;
}

/** Ids exist and names are unique: what every view relies on, errors or not. */
function expectConsistent(graph: Graph): void {
  const exists = (id: number | undefined): boolean => id === undefined || graph.values[id]?.id === id;
  expect(new Set(graph.values.map(value => value?.name)).size).toBe(graph.values.length);
  expect(new Set(graph.nodes.map(node => node.name)).size).toBe(graph.nodes.length);
  expect([...graph.inputs, ...graph.outputs].every(exists)).toBe(true);
  for (const node of graph.nodes) {
    expect(node.inputs.every(exists) && node.outputs.every(exists)).toBe(true);
    for (const subgraph of subgraphsOf(node)) expectConsistent(subgraph);
  }
}

it.skipIf(!hasShared).each(MODELS.map(parts => parts.join('/')))('%s survives', name => {
  const original = new Uint8Array(readFileSync(shared(...name.split('/')))).slice(0, 300_000);
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    const bytes = mutate(original, random(seed));
    try {
      const read = readFromMemory({ 'model.onnx': bytes });
      const model = importOnnx({ path: 'model.onnx', size: bytes.length }, read);
      expectConsistent(model.graph);
      for (const { where, message } of model.diagnostics) {
        expect(where).not.toBe('');
        expect(message).toMatch(/expected .* found /s);
        expect(message.length).toBeLessThan(600);
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  }
});
