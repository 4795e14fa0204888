// The fuzzers' cases: which bytes go into which parser, made from nothing but a seed and a number, so that any case
// can be made again: `npm run fuzz -- --seed S --only N`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tensorOf } from '../../engine/ir/tensor.ts';
import { writeTensorProto } from '../../engine/onnx/tensor-proto.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { writeCsv } from '../../engine/planner/csv.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { concat, field, utf8 } from '../engine/onnx/model-bytes.ts';
import { randomProblem } from '../support/problems.ts';
import { Random } from '../support/random.ts';
import { hasShared, shared } from '../support/shared.ts';
import { HostileModel } from './hostile-model.ts';
import { mutateBytes, mutateModel } from './mutate.ts';

export type Target = 'model' | 'tensor' | 'container' | 'npy' | 'csv' | 'message';

export interface Case {
  readonly target: Target;
  /** where it comes from */
  readonly origin: string;
  readonly bytes: Uint8Array;
}

/** Case `index` of a seed. */
export function makeCase(seed: number, index: number): Case {
  const random = new Random(seed * 1_000_003 + index);
  const kind = random.below(20);
  if (kind < 8) {
    const bytes = new HostileModel(random).bytes();
    if (random.chance(0.7)) return { target: 'model', origin: 'hostile model', bytes };
    return { target: 'model', origin: 'hostile model, damaged', bytes: mutateModel(bytes, random) };
  }
  if (kind < 15) {
    const file = random.pick(seedModels());
    const structural = random.chance(0.7);
    const origin = `${file} with ${structural ? 'another structure' : 'damaged bytes'}`;
    const mutate = structural ? mutateModel : mutateBytes;
    return { target: 'model', origin, bytes: mutate(readModel(file), random) };
  }
  return smallCase(random);
}

const SMALL: readonly (readonly [target: Target, make: (random: Random) => Uint8Array])[] = [
  ['tensor', tensorBytes],
  ['container', random => concat(field(3, tensorBytes(random)), field(5, field(3, tensorBytes(random))))],
  ['npy', npyBytes],
  ['csv', csvBytes],
  ['message', messageBytes],
];

function smallCase(random: Random): Case {
  const [target, make] = random.pick(SMALL);
  const bytes = make(random);
  const damaged = random.chance(0.9) ? mutateBytes(bytes, random) : bytes;
  return { target, origin: `${target}, damaged`, bytes: damaged };
}

/** Larger ones are mostly weights. */
const LARGEST_SEED_BYTES = 1_400_000;

let seeds: readonly string[] | undefined;

/** Models to start from: samples, and where they are there, trained ones and the backend tests. */
function seedModels(): readonly string[] {
  seeds ??= [
    ...SAMPLES.filter(({ name }) => name === 'six-tensors').map(({ name }) => `sample:${name}`),
    ...sharedModels(),
  ];
  return seeds;
}

function sharedModels(): string[] {
  if (!hasShared) return [];
  const small = (name: string): boolean => existsSync(name) && readFileSync(name).length < LARGEST_SEED_BYTES;
  const trained = readdirSync(shared('models')).map(name => shared('models', name, 'model.onnx'));
  const tests = readdirSync(shared('onnx', 'node')).map(name => shared('onnx', 'node', name, 'model.onnx'));
  // A trained model as often as twenty of the small tests.
  return [...trained.filter(small).flatMap(name => new Array<string>(20).fill(name)), ...tests];
}

function readModel(name: string): Uint8Array {
  const sample = SAMPLES.find(candidate => `sample:${candidate.name}` === name);
  return sample ? writeOnnx(sample.build()) : new Uint8Array(readFileSync(name));
}

function tensorBytes(random: Random): Uint8Array {
  const dtype = random.pick(['float32', 'int64', 'uint8', 'int4', 'bool', 'float16'] as const);
  const shape = random.list(0, 3, () => random.below(4));
  const count = shape.reduce((product, extent) => product * extent, 1);
  return writeTensorProto(
    't',
    tensorOf(
      dtype,
      shape,
      random.list(count, count, () => random.below(8)),
    ),
  );
}

function npyBytes(random: Random): Uint8Array {
  const descr = random.pick(['<f4', '<i8', '|u1', '>f4', '|O', '<f2']);
  const shape = random.pick([
    '(2, 3)',
    '()',
    '(6,)',
    '(2, -3)',
    '(1e9, 1e9)',
    '(99999999999, 99999999999)',
    '2, 3',
  ]);
  const order = random.pick(['False', 'True']);
  const header = utf8(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`);
  const length = random.chance(0.9) ? header.length : random.below(65_536);
  const start = Uint8Array.of(0x93, ...utf8('NUMPY'), 1 + random.below(3), 0, length & 255, length >> 8);
  return concat(start, header, new Uint8Array(24));
}

function csvBytes(random: Random): Uint8Array {
  const size = {
    buffers: 1 + random.below(12),
    steps: 10,
    maxSize: random.pick([4, 1000, 2 ** 31, 2 ** 50]),
  };
  return utf8(writeCsv(randomProblem(random.below(1e6), { ...size, aligned: random.chance(0.3) })));
}

const BODIES: readonly object[] = [
  { name: 'open', body: { source: { kind: 'path', path: '/m.onnx' }, dims: { N: 2 } } },
  { name: 'open', body: { source: { kind: 'upload', upload: 'u', entry: '../m.onnx' } } },
  { name: 'close', body: { model: 'm' } },
  {
    name: 'compile',
    body: { model: 'm', options: { fusion: true, planner: 'size', threads: 2, simd: '128' } },
  },
  { name: 'run', body: { model: 'm', options: { dims: { N: 1 } }, iterations: 3, check: 'none', seed: 1 } },
  { name: 'tensor', body: { model: 'm', tensor: 3, start: 0, count: 256 } },
  { name: 'export', body: { model: 'm', what: 'plan', options: {}, runs: ['r'] } },
  { name: 'browse', body: { folder: '../..' } },
  { name: 'constructor', body: {} },
  { name: '__proto__', body: null },
];

function messageBytes(random: Random): Uint8Array {
  const kind = random.pick(['request', 'request', 'request', 'cancel', 'reply']);
  return utf8(JSON.stringify({ kind, id: random.below(5), ...random.pick(BODIES) }));
}
