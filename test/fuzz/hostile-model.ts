// Models that parse and are wrong, or right and unusual: any operator on any operands, attributes of any type and
// size, huge extents, cycles, names used twice, functions that call themselves, bodies inside bodies, files elsewhere.

import { OPERATORS } from '../../engine/ir/ops/index.ts';
import { type GraphFields, modelBytes, onnx, utf8 } from '../engine/onnx/model-bytes.ts';
import type { Random } from '../support/random.ts';

const TYPES = onnx.AttributeProto.AttributeType;

type NodeFields = NonNullable<GraphFields['node']>[number];
type AttributeFields = NonNullable<NodeFields['attribute']>[number];
type TensorFields = NonNullable<GraphFields['initializer']>[number];

const EXTENTS = [0, 1, 1, 1, 2, 2, 3, 4, 5, 8, 16, 33, 64];
const HUGE = [-1, -2, 2 ** 16, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 40, 2 ** 53];
const INTS = [-(2 ** 31), -100, -3, -2, -1, 0, 0, 1, 1, 1, 2, 3, 7, 100, 2 ** 31, 2 ** 62];
const FLOATS = [0, 1, -1, 0.5, 1e-30, 1e30, Number.NaN, Number.POSITIVE_INFINITY];
const WORDS = [
  '',
  'NOTSET',
  'SAME_UPPER',
  'VALID',
  'linear',
  'nearest',
  'constant',
  'reflect',
  'ij,jk->ik',
  '…',
];

/** What operators call their attributes. */
const ATTRIBUTES = (
  'alpha axes axis auto_pad batch_dims bias block_size body blocksize beta ceil_mode coordinate_transformation_mode ' +
  'count_include_pad detect_negative direction dilations dtype else_branch end epsilon equation exclude_outside ' +
  'exclusive fmod gamma group hidden_size high interp_mode is_case_sensitive k keepdims kernel_shape largest layout low ' +
  'max mean min mode momentum new_axis noop_with_empty_axes num_heads num_outputs num_scan_inputs output_dtype ' +
  'output_padding output_shape pads perm permutation pooled_shape q_num_heads reduction repeats reverse sample_size ' +
  'scale scales seed select_last_index shape size sizes sorted spatial_scale split starts ends steps storage_order ' +
  'strides then_branch to training_mode transA transB upper value value_float value_floats value_int value_ints ' +
  'value_string value_strings values width_scale height_scale'
).split(' ');

export class HostileModel {
  readonly #random: Random;
  readonly #names: string[];
  #bodies = 12;

  constructor(random: Random) {
    this.#random = random;
    this.#names = ['', 'x', 'x', 'y', 'c', 'missing'];
  }

  bytes(): Uint8Array {
    const random = this.#random;
    const opset = random.chance(0.8) ? 7 + random.below(20) : random.pick([-1, 0, 1, 5, 1000, 2 ** 40]);
    const opsetImport = [
      { domain: '', version: opset },
      { domain: 'com.microsoft', version: 1 },
      { domain: 'local', version: 1 },
    ];
    const functions = random.chance(0.3) ? random.list(1, 4, index => this.#function(index)) : [];
    const graph = this.#graph(8);
    return modelBytes(graph, { functions, irVersion: random.pick([3, 8, 10, 13, 99]), opsetImport });
  }

  #graph(nodes: number): GraphFields {
    const random = this.#random;
    return {
      name: 'g',
      input: random.list(1, 3, index => this.#value(random.pick(['x', 'y', 'c', `in${index}`]))),
      initializer: random.list(0, 4, () => this.#tensor(this.#fresh('w'))),
      sparseInitializer: random.chance(0.1) ? [this.#sparse()] : [],
      node: random.list(1, nodes, () => this.#node()),
      output: random.list(1, 2, () => this.#value(this.#name())),
    };
  }

  #name = (): string => this.#random.pick(this.#names);

  #fresh(stem: string): string {
    const name = this.#random.chance(0.9) ? `${stem}${this.#names.length}` : this.#name();
    this.#names.push(name);
    return name;
  }

  #dims(): number[] {
    const huge = this.#random.chance(0.06);
    return this.#random.list(0, 4, () => this.#random.pick(huge ? [...EXTENTS, ...HUGE] : EXTENTS));
  }

  #value(name: string) {
    const random = this.#random;
    const dim = this.#dims().map(extent => (random.chance(0.1) ? { dimParam: 'N' } : { dimValue: extent }));
    const elemType = random.chance(0.7) ? 1 : random.below(30);
    const tensorType = { elemType, ...(random.chance(0.9) && { shape: { dim } }) };
    if (random.chance(0.95)) return { name, type: { tensorType } };
    return { name, type: { [random.pick(['sequenceType', 'optionalType'])]: { elemType: { tensorType } } } };
  }

  #tensor(name: string): TensorFields {
    const random = this.#random;
    const dims = this.#dims();
    const count = Math.min(
      2000,
      Math.max(
        0,
        dims.reduce((product, extent) => product * extent, 1),
      ),
    );
    const fill = <T>(choices: readonly T[]): T[] => Array.from({ length: count }, () => random.pick(choices));
    if (random.chance(0.05)) return { name, dims, dataType: 1, ...this.#external() };
    switch (random.below(5)) {
      case 0:
        return { name, dims, dataType: 7, int64Data: fill(INTS.filter(Number.isSafeInteger)) };
      case 1:
        return {
          name,
          dims: [3],
          dataType: 7,
          int64Data: random.list(0, 4, () => random.pick([...EXTENTS, ...HUGE])),
        };
      case 2:
        return {
          name,
          dims,
          dataType: 1 + random.below(26),
          rawData: new Uint8Array(count * random.pick([1, 2, 4, 8])),
        };
      case 3:
        return { name, dims, dataType: 8, stringData: fill(WORDS).map(utf8) };
      default:
        return { name, dims, dataType: 1, floatData: fill(FLOATS) };
    }
  }

  #external() {
    const random = this.#random;
    const location = random.pick(['/etc/passwd', '../w.bin', 'a/../../w', 'none.bin', 'model.onnx', '.', '']);
    const number = () => String(random.pick([0, 4, -4, 2 ** 31, 2 ** 40, 2 ** 53, 1e30, 'x']));
    const entries = { location, offset: number(), length: number() };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { dataLocation: onnx.TensorProto.DataLocation.EXTERNAL, externalData };
  }

  #sparse() {
    return { values: this.#tensor(this.#fresh('s')), indices: this.#tensor(''), dims: this.#dims() };
  }

  #node(): NodeFields {
    const random = this.#random;
    const known = random.pick(OPERATORS).op;
    const dot = known.lastIndexOf('.');
    const [opType, domain] = random.chance(0.1)
      ? [`F${random.below(4)}`, 'local']
      : [known.slice(dot + 1), known.slice(0, Math.max(0, dot))];
    const input = random.list(0, random.chance(0.05) ? 40 : 4, this.#name);
    const output = random.list(0, 3, () => this.#fresh('v'));
    return {
      opType,
      domain,
      name: random.pick(['', 'n', `n${random.below(100)}`]),
      input: random.chance(0.9) ? input : [...input, output[0] ?? ''],
      output,
      attribute: random.list(0, 4, () => this.#attribute(opType)),
    };
  }

  #attribute(opType: string): AttributeFields {
    const random = this.#random;
    const control: Record<string, string> = {
      Loop: 'body',
      Scan: 'body',
      If: 'then_branch',
      SequenceMap: 'body',
    };
    const body = control[opType];
    if (body !== undefined && this.#bodies > 0 && random.chance(0.9)) {
      this.#bodies--;
      return { name: random.chance(0.8) ? body : 'else_branch', type: TYPES.GRAPH, g: this.#graph(4) };
    }
    const name = random.pick(ATTRIBUTES);
    const type = random.chance(0.02) ? random.below(20) : undefined;
    return { ...this.#content(), name, ...(type !== undefined && { type }) };
  }

  #content(): AttributeFields {
    const random = this.#random;
    switch (random.below(9)) {
      case 0:
      case 1:
        return { type: TYPES.INT, i: random.pick(INTS) };
      case 2:
      case 3:
        return { type: TYPES.INTS, ints: random.list(0, 5, () => random.pick(INTS)) };
      case 4:
        return { type: TYPES.FLOAT, f: random.pick(FLOATS) };
      case 5:
        return { type: TYPES.FLOATS, floats: random.list(0, 5, () => random.pick(FLOATS)) };
      case 6:
        return { type: TYPES.STRING, s: utf8(random.pick(WORDS)) };
      case 7:
        return { type: TYPES.STRINGS, strings: random.list(0, 3, () => utf8(random.pick(WORDS))) };
      default:
        return { type: TYPES.TENSOR, t: this.#tensor('') };
    }
  }

  /** Functions call each other and themselves, and use attributes that nobody gives. */
  #function(index: number) {
    const random = this.#random;
    return {
      name: `F${index}`,
      domain: 'local',
      input: random.list(0, 2, () => random.pick(['x', 'y', 'c'])),
      output: random.list(0, 2, this.#name),
      attribute: random.list(0, 2, () => random.pick(ATTRIBUTES)),
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'local', version: 1 },
      ],
      node: random.list(1, 4, () => this.#node()),
    };
  }
}
