// Fourier transforms by their definition, and determinants by elimination.

import { boolAttribute } from '../../ir/attributes.ts';
import { dftPlan, frameLength } from '../../ir/ops/linear-algebra/signal.ts';
import { inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { aroundAxis, fromNumbers, numbers, scalarOf } from '../elements.ts';

interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The first `outputs` of Σ_t x[t] · e^(∓2πi·k·t/n), divided by n when inverse. */
function transform({ re, im }: Complex, outputs: number, inverse: boolean): Complex {
  const n = re.length;
  const cosines = Float64Array.from(re, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sines = Float64Array.from(re, (_, i) => (inverse ? 1 : -1) * Math.sin((2 * Math.PI * i) / n));
  const result = { re: new Float64Array(outputs), im: new Float64Array(outputs) };
  const factor = inverse ? 1 / n : 1;
  for (let k = 0; k < outputs; k++) {
    let [sumRe, sumIm] = [0, 0];
    for (let t = 0; t < n; t++) {
      const [cosine, sine] = [cosines[(k * t) % n] as number, sines[(k * t) % n] as number];
      sumRe += (re[t] as number) * cosine - (im[t] as number) * sine;
      sumIm += (re[t] as number) * sine + (im[t] as number) * cosine;
    }
    result.re[k] = sumRe * factor;
    result.im[k] = sumIm * factor;
  }
  return result;
}

/** The half that a one-sided transform left out: conjugates, mirrored. */
function mirror({ re, im }: Complex, known: number): void {
  const n = re.length;
  for (let k = known; k < n; k++) {
    re[k] = re[n - k] ?? 0;
    im[k] = -(im[n - k] ?? 0);
  }
}

const dft: Reference = call => {
  const input = inputOf(call, 0);
  const { axis, length, outputs, real } = dftPlan(call.context);
  const inverse = boolAttribute(call.node, 'inverse', false);
  const parts = input.shape.at(-1) ?? 1;
  const [outer, along, inner] = aroundAxis(input.shape.slice(0, -1), axis);
  const data = numbers(input);
  const shape = outputShape(call);
  const width = shape.at(-1) ?? 2;
  const result = new Float64Array(outer * outputs * inner * width);
  for (let row = 0; row < outer * inner; row++) {
    const [o, i] = [Math.floor(row / inner), row % inner];
    const line: Complex = { re: new Float64Array(length), im: new Float64Array(length) };
    for (let t = 0; t < Math.min(along, length); t++) {
      const from = ((o * along + t) * inner + i) * parts;
      line.re[t] = data[from] ?? 0;
      line.im[t] = parts === 2 ? (data[from + 1] ?? 0) : 0;
    }
    if (real) mirror(line, Math.min(along, Math.floor(length / 2) + 1));
    const { re, im } = transform(line, outputs, inverse);
    for (let k = 0; k < outputs; k++) {
      const to = ((o * outputs + k) * inner + i) * width;
      result[to] = re[k] ?? 0;
      if (width === 2) result[to + 1] = im[k] ?? 0;
    }
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** Transforms of windowed frames, `step` samples apart. */
const stft: Reference = call => {
  const input = inputOf(call, 0);
  const [batch = 0, samples = 0, parts = 1] = input.shape;
  const step = scalarOf(inputOf(call, 1), 1);
  const window = call.inputs[2] && numbers(call.inputs[2]);
  const length = frameLength(call.context);
  const shape = outputShape(call);
  const [, frames = 0, outputs = 0] = shape;
  const data = numbers(input);
  const result = new Float64Array(batch * frames * outputs * 2);
  for (let b = 0; b < batch; b++) {
    for (let frame = 0; frame < frames; frame++) {
      const at = (t: number) => (b * samples + frame * step + t) * parts;
      const factor = (t: number) => window?.[t] ?? 1;
      const line: Complex = {
        re: Float64Array.from({ length }, (_, t) => (data[at(t)] ?? 0) * factor(t)),
        im: Float64Array.from({ length }, (_, t) => (parts === 2 ? (data[at(t) + 1] ?? 0) * factor(t) : 0)),
      };
      const { re, im } = transform(line, outputs, false);
      for (let k = 0; k < outputs; k++) {
        const to = ((b * frames + frame) * outputs + k) * 2;
        result[to] = re[k] ?? 0;
        result[to + 1] = im[k] ?? 0;
      }
    }
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** Gaussian elimination with the largest pivot. */
function determinant(matrix: Float64Array, n: number): number {
  let result = 1;
  const at = (row: number, column: number): number => matrix[row * n + column] as number;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    }
    if (at(pivot, column) === 0) return 0;
    if (pivot !== column) {
      result = -result;
      for (let i = 0; i < n; i++) {
        const kept = at(column, i);
        matrix[column * n + i] = at(pivot, i);
        matrix[pivot * n + i] = kept;
      }
    }
    result *= at(column, column);
    for (let row = column + 1; row < n; row++) {
      const factor = at(row, column) / at(column, column);
      for (let i = column; i < n; i++) matrix[row * n + i] = at(row, i) - factor * at(column, i);
    }
  }
  return result;
}

const det: Reference = call => {
  const input = inputOf(call, 0);
  const n = input.shape.at(-1) ?? 0;
  const data = Float64Array.from(numbers(input));
  const shape = outputShape(call);
  const count = data.length / (n * n);
  const result = Array.from({ length: count }, (_, i) =>
    determinant(data.slice(i * n * n, (i + 1) * n * n), n),
  );
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** Gauss and Jordan's elimination with the largest pivot; a singular matrix gives infinities or NaN. */
function inverted(matrix: Float64Array, n: number): Float64Array {
  const rows = Array.from({ length: n }, (_, i) => [
    ...matrix.subarray(i * n, (i + 1) * n),
    ...Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)),
  ]);
  for (let column = 0; column < n; column++) {
    const magnitude = (row: number) => Math.abs(rows[row]?.[column] ?? 0);
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (magnitude(row) > magnitude(pivot)) pivot = row;
    const [top, other] = [rows[pivot] ?? [], rows[column] ?? []];
    rows[pivot] = other;
    const scaled = top.map(x => x / (top[column] ?? 1));
    rows[column] = scaled;
    for (const [row, own] of rows.entries()) {
      const factor = own[column] ?? 0;
      if (row !== column) rows[row] = own.map((x, i) => x - factor * (scaled[i] ?? 0));
    }
  }
  return Float64Array.from(rows.flatMap(row => row.slice(n)));
}

const inverse: Reference = call => {
  const input = inputOf(call, 0);
  const n = input.shape.at(-1) ?? 0;
  const data = Float64Array.from(numbers(input));
  const result = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += n * n) result.set(inverted(data.slice(at, at + n * n), n), at);
  return [fromNumbers(outputDtype(call), input.shape, result)];
};

export const SIGNAL: References = {
  DFT: dft,
  STFT: stft,
  Det: det,
  'com.microsoft.Inverse': inverse,
};
