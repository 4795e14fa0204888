// Scaled dot-product attention (arXiv 1706.03762) and its relatives, head by head, row by row.

import {
  boolAttribute,
  floatAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
} from '../../ir/attributes.ts';
import { type AttentionSizes, attentionSizes } from '../../ir/ops/layers/attention.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { isTensor } from '../datum.ts';
import { broadcastIndices, fromNumbers, numbers, withShape } from '../elements.ts';
import { sigmoid } from '../elementwise/scalar.ts';
import { concatTensors, transposeTensor } from '../movement/movement.ts';
import { softmaxRow } from './normalization.ts';

/** (batch, length, heads · size) → (batch, heads, length, size). */
function unfoldHeads(tensor: Tensor, heads: number): Tensor {
  const [batch = 0, length = 0, width = 0] = tensor.shape;
  return transposeTensor(withShape(tensor, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

function foldHeads(tensor: Tensor): Tensor {
  const [batch = 0, heads = 0, length = 0, size = 0] = tensor.shape;
  return withShape(transposeTensor(tensor, [0, 2, 1, 3]), [batch, length, heads * size]);
}

/** What came before, then what is new, along the length. */
function withPast(past: Tensor | undefined, now: Tensor): Tensor {
  if (past === undefined) return now;
  const shape = now.shape.map((extent, axis) => (axis === 2 ? extent + (past.shape[2] ?? 0) : extent));
  return concatTensors([past, now], 2, shape);
}

interface Operands {
  readonly sizes: AttentionSizes;
  /** keys and values in all, past included */
  readonly total: number;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

function operandsOf(call: Call): Operands {
  const sizes = attentionSizes(call.context);
  const heads = (index: number, count: number): Tensor =>
    sizes.folded ? unfoldHeads(inputOf(call, index), count) : inputOf(call, index);
  const k = withPast(call.inputs[4], heads(1, sizes.keyHeads));
  const v = withPast(call.inputs[5], heads(2, sizes.keyHeads));
  return { sizes, total: sizes.past + sizes.keys, q: heads(0, sizes.queryHeads), k, v };
}

/** scale · Q Kᵀ for every head; groups of query heads share a key head. */
function scoresOf({ sizes, total, q, k }: Operands, scale: number): Float64Array {
  const { batch, queryHeads, keyHeads, queries, keySize } = sizes;
  const [queryData, keyData] = [numbers(q), numbers(k)];
  const scores = new Float64Array(batch * queryHeads * queries * total);
  let at = 0;
  for (let head = 0; head < batch * queryHeads; head++) {
    const keyHead = Math.floor((head * keyHeads) / queryHeads) * total;
    for (let row = 0; row < queries; row++) {
      const from = (head * queries + row) * keySize;
      for (let column = 0; column < total; column++) {
        const to = (keyHead + column) * keySize;
        let sum = 0;
        for (let i = 0; i < keySize; i++)
          sum += (queryData[from + i] as number) * (keyData[to + i] as number);
        scores[at++] = scale * sum;
      }
    }
  }
  return scores;
}

/** probabilities · V. */
function weighted(probabilities: ArrayLike<number>, { sizes, total, v }: Operands): Float64Array {
  const { batch, queryHeads, keyHeads, queries, valueSize } = sizes;
  const data = numbers(v);
  const result = new Float64Array(batch * queryHeads * queries * valueSize);
  for (let row = 0; row < batch * queryHeads * queries; row++) {
    const head = Math.floor(row / queries);
    const base = Math.floor((head * keyHeads) / queryHeads) * total;
    for (let column = 0; column < total; column++) {
      const factor = probabilities[row * total + column] as number;
      for (let i = 0; i < valueSize; i++) {
        const at = row * valueSize + i;
        result[at] = (result[at] as number) + factor * (data[(base + column) * valueSize + i] as number);
      }
    }
  }
  return result;
}

/** What is added to each score: the mask, and −∞ where causality, padding or a short mask forbid to look. */
function biasOf(call: Call, { sizes, total }: Operands): Float64Array {
  const { batch, queryHeads, queries, past } = sizes;
  const mask = call.inputs[3];
  const lengths = call.inputs[6] && numbers(call.inputs[6]);
  const causal = boolAttribute(call.node, 'is_causal', false);
  const masked = mask?.shape.at(-1) ?? total;
  const maskData = mask && numbers(mask);
  const map = mask && broadcastIndices(mask.shape, [batch, queryHeads, queries, masked]);
  const bias = new Float64Array(batch * queryHeads * queries * total);
  for (let at = 0; at < bias.length; at++) {
    const column = at % total;
    const row = Math.floor(at / total);
    const entry = Math.floor(row / (queryHeads * queries));
    const length = lengths?.[entry];
    const offset = length === undefined ? past : length - queries;
    const hidden =
      column >= masked ||
      (causal && column > (row % queries) + offset) ||
      (length !== undefined && column >= length);
    if (hidden) bias[at] = Number.NEGATIVE_INFINITY;
    else if (mask && maskData) {
      const i = row * masked + column;
      const value = maskData[map ? (map[i] as number) : i] as number;
      bias[at] = mask.dtype === 'bool' ? (value ? 0 : Number.NEGATIVE_INFINITY) : value;
    }
  }
  return bias;
}

/** Softmax of every row; a row whose bias hides everything is zero. */
function probabilitiesOf(scores: Float64Array, bias: Float64Array, total: number): Float64Array {
  const result = scores.slice();
  for (let start = 0; start < result.length; start += total) {
    const row = result.subarray(start, start + total);
    const hidden = bias.subarray(start, start + total).every(x => x === Number.NEGATIVE_INFINITY);
    if (hidden) row.fill(0);
    else softmaxRow(row);
  }
  return result;
}

/** Result; present keys and values; scores at the stage that qk_matmul_output_mode names. */
const attention: Reference = call => {
  const { node } = call;
  const operands = operandsOf(call);
  const { sizes, total } = operands;
  const scale = hasAttribute(node, 'scale') ? floatAttribute(node, 'scale') : 1 / Math.sqrt(sizes.keySize);
  const softcap = floatAttribute(node, 'softcap', 0);
  const raw = scoresOf(operands, scale);
  const capped = softcap > 0 ? raw.map(x => softcap * Math.tanh(x / softcap)) : raw;
  const bias = biasOf(call, operands);
  const biased = capped.map((x, i) => x + (bias[i] as number));
  const probabilities = probabilitiesOf(biased, bias, total);
  const stage = [raw, capped, biased, probabilities][intAttribute(node, 'qk_matmul_output_mode', 0)] ?? raw;
  const shape = [sizes.batch, sizes.queryHeads, sizes.queries, sizes.valueSize];
  const result = fromNumbers(outputDtype(call), shape, weighted(probabilities, operands));
  const all = [
    () => (sizes.folded ? foldHeads(result) : result),
    () => operands.k,
    () => operands.v,
    () => fromNumbers(outputDtype(call, 3), outputShape(call, 3), stage),
  ];
  return node.outputs.map((_, i) => all[i]?.());
};

/** Attention whose scores and probabilities a graph may change before and after softmax. */
const flexAttention: Reference = call => {
  const operands = operandsOf(call);
  const { sizes, total } = operands;
  const { node } = call;
  const scale = hasAttribute(node, 'scale') ? floatAttribute(node, 'scale') : 1 / Math.sqrt(sizes.keySize);
  const shape = [sizes.batch, sizes.queryHeads, sizes.queries, total];
  const dtype = operands.q.dtype === 'float64' ? 'float64' : 'float32';
  const changed = (attribute: string, values: Float64Array): Float64Array => {
    if (!hasAttribute(node, attribute)) return values;
    const [result] = call.body(attribute, [fromNumbers(dtype, shape, values)]);
    if (!isTensor(result)) throw new Error(`${node.op}: ${attribute} returned no tensor`);
    return Float64Array.from(numbers(result));
  };
  const scores = changed('score_mod', scoresOf(operands, scale));
  for (let start = 0; start < scores.length; start += total)
    softmaxRow(scores.subarray(start, start + total));
  const probabilities = changed('prob_mod', scores);
  return [fromNumbers(outputDtype(call), outputShape(call), weighted(probabilities, operands))];
};

/**
 * Attention as a recurrence over a state of key size × value size: decay it (gated), remove what it already holds
 * (delta), add key ⊗ value, read it with the query. Inputs 3 to 5: past state, log decay, beta.
 */
const linearAttention: Reference = call => {
  const { node } = call;
  const context = { ...call.context, inputs: call.context.inputs.slice(0, 3) };
  const { batch, queryHeads, keyHeads, queries: time, keySize, valueSize } = attentionSizes(context);
  const rule = stringAttribute(node, 'update_rule', 'gated_delta');
  const given = floatAttribute(node, 'scale', 0);
  const scale = given === 0 ? 1 / Math.sqrt(keySize) : given;
  const [q, k, v] = [0, 1, 2].map(i => numbers(inputOf(call, i)));
  const [past, decay, beta] = [3, 4, 5].map(i => call.inputs[i] && numbers(call.inputs[i]));
  const decayWidth = call.inputs[4]?.shape[2] ?? 0;
  const betaWidth = call.inputs[5]?.shape[2] ?? 0;
  const states = past ? Float64Array.from(past) : new Float64Array(batch * keyHeads * keySize * valueSize);
  const output = new Float64Array(batch * time * queryHeads * valueSize);
  const group = queryHeads / keyHeads;
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < keyHeads; head++) {
      const size = keySize * valueSize;
      const state = states.subarray((b * keyHeads + head) * size, (b * keyHeads + head + 1) * size);
      for (let t = 0; t < time; t++) {
        const step = b * time + t;
        const key =
          k?.subarray((step * keyHeads + head) * keySize, (step * keyHeads + head + 1) * keySize) ?? [];
        const value = (j: number) => v?.[(step * keyHeads + head) * valueSize + j] ?? 0;
        if (decay && rule.startsWith('gated')) {
          const perKey = decayWidth === keyHeads * keySize && keySize > 1;
          for (let i = 0; i < size; i++) {
            const at = perKey ? head * keySize + Math.floor(i / valueSize) : head % decayWidth;
            state[i] = (state[i] as number) * Math.exp(decay[step * decayWidth + at] ?? 0);
          }
        }
        const rate = beta?.[step * betaWidth + (betaWidth === 1 ? 0 : head)] ?? 1;
        for (let j = 0; j < valueSize; j++) {
          let held = 0;
          for (let i = 0; i < keySize; i++) held += (key[i] ?? 0) * (state[i * valueSize + j] as number);
          const write = rule.endsWith('delta') ? rate * (value(j) - held) : value(j);
          for (let i = 0; i < keySize; i++) {
            state[i * valueSize + j] = (state[i * valueSize + j] as number) + (key[i] ?? 0) * write;
          }
        }
        for (let g = 0; g < group; g++) {
          const queryHead = step * queryHeads + head * group + g;
          for (let i = 0; i < keySize; i++) {
            const factor = scale * (q?.[queryHead * keySize + i] ?? 0);
            for (let j = 0; j < valueSize; j++) {
              const at = queryHead * valueSize + j;
              output[at] = (output[at] as number) + factor * (state[i * valueSize + j] as number);
            }
          }
        }
      }
    }
  }
  const results = [fromNumbers(outputDtype(call), outputShape(call), output)];
  if (node.outputs.length > 1) results.push(fromNumbers(outputDtype(call, 1), outputShape(call, 1), states));
  return results;
};

/** Depthwise convolution that looks back only: past inputs come as state, the last ones go out as the next. */
const causalConvWithState: Reference = call => {
  const [input, weight] = [inputOf(call, 0), inputOf(call, 1)];
  const [batch = 0, channels = 0, length = 0] = input.shape;
  const kernel = weight.shape[2] ?? 1;
  const [bias, past] = [call.inputs[2] && numbers(call.inputs[2]), call.inputs[3] && numbers(call.inputs[3])];
  const [data, filter] = [numbers(input), numbers(weight)];
  const activation = stringAttribute(call.node, 'activation', 'none');
  const activate =
    activation === 'silu' || activation === 'swish' ? (x: number) => x * sigmoid(x) : (x: number) => x;
  const output = new Float64Array(elementCount(input.shape));
  const state = new Float64Array(batch * channels * (kernel - 1));
  for (let row = 0; row < batch * channels; row++) {
    const at = (t: number) =>
      t < 0 ? (past?.[row * (kernel - 1) + t + kernel - 1] ?? 0) : (data[row * length + t] as number);
    const channel = row % channels;
    for (let t = 0; t < length; t++) {
      let sum = bias?.[channel] ?? 0;
      for (let i = 0; i < kernel; i++)
        sum += (filter[channel * kernel + i] as number) * at(t - kernel + 1 + i);
      output[row * length + t] = activate(sum);
    }
    for (let i = 0; i < kernel - 1; i++) state[row * (kernel - 1) + i] = at(length - kernel + 1 + i);
  }
  const results = [fromNumbers(outputDtype(call), outputShape(call), output)];
  if (call.node.outputs.length > 1)
    results.push(fromNumbers(outputDtype(call, 1), outputShape(call, 1), state));
  return results;
};

/** Rotates pairs of elements by position (arXiv 2104.09864): halves of the head, or neighbours when interleaved. */
const rotaryEmbedding: Reference = call => {
  const { node } = call;
  const given = inputOf(call, 0);
  const folded = given.shape.length === 3;
  const input = folded ? unfoldHeads(given, intAttribute(node, 'num_heads')) : given;
  const [batch = 0, heads = 0, length = 0, size = 0] = input.shape;
  const [cosines, sines] = [numbers(inputOf(call, 1)), numbers(inputOf(call, 2))];
  const positions = call.inputs[3] && numbers(call.inputs[3]);
  const rotated = intAttribute(node, 'rotary_embedding_dim', 0) || size;
  const interleaved = boolAttribute(node, 'interleaved', false);
  const half = rotated / 2;
  const width = inputOf(call, 1).shape.at(-1) ?? half;
  const data = numbers(input);
  const result = Float64Array.from(data);
  for (let row = 0; row < batch * heads * length; row++) {
    const place = Math.floor(row / (heads * length)) * length + (row % length);
    const angle = (positions ? (positions[place] ?? 0) : place) * width;
    for (let i = 0; i < half; i++) {
      const first = row * size + (interleaved ? 2 * i : i);
      const second = first + (interleaved ? 1 : half);
      const [cosine, sine] = [cosines[angle + i] ?? 0, sines[angle + i] ?? 0];
      const [a, b] = [data[first] as number, data[second] as number];
      result[first] = cosine * a - sine * b;
      result[second] = sine * a + cosine * b;
    }
  }
  const tensor = fromNumbers(outputDtype(call), input.shape, result);
  return [folded ? foldHeads(tensor) : tensor];
};

export const ATTENTION: References = {
  Attention: attention,
  'ai.onnx.preview.FlexAttention': flexAttention,
  LinearAttention: linearAttention,
  CausalConvWithState: causalConvWithState,
  RotaryEmbedding: rotaryEmbedding,
};
