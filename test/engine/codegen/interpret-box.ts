// What elementwise, fill, reduction, softmax and normalisation kernels mean: one element at a time, in double
// precision. Types matter only where they change the value: i32 wraps around, bool is 0 or 1.

import { evaluate } from '../../../engine/fusion/evaluate.ts';
import type { Access, Epilogue, Prologue } from '../../../engine/select/spec/access.ts';
import type { NormalizeSpec, ReduceSpec, SoftmaxSpec } from '../../../engine/select/spec/axis.ts';
import type { ElementwiseSpec, FillSpec } from '../../../engine/select/spec/elementwise.ts';
import type { Elements } from './memory-kernel.ts';

export type BoxSpec = ElementwiseSpec | FillSpec | ReduceSpec | SoftmaxSpec | NormalizeSpec;

/** Every index of the box, row-major. */
function* indicesOf(extents: readonly number[]): Generator<number[]> {
  const [extent, ...rest] = extents;
  if (extent === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < extent; i++) for (const inner of indicesOf(rest)) yield [i, ...inner];
}

class Interpreter {
  readonly buffers: Elements[];
  readonly originals: readonly Elements[];

  constructor(buffers: readonly Elements[]) {
    this.originals = buffers;
    this.buffers = buffers.map(data => data.slice());
  }

  private element(access: Access, at: readonly number[]): number {
    return access.strides.reduce((sum, stride, axis) => sum + stride * (at[axis] ?? 0), access.offset);
  }

  read(access: Access, at: readonly number[]): number {
    const value = this.originals[access.buffer.id]?.[this.element(access, at)] ?? NaN;
    return access.dtype === 'bool' ? Number(value !== 0) : value;
  }

  write(access: Access, at: readonly number[], value: number): void {
    const data = this.buffers[access.buffer.id];
    if (data) data[this.element(access, at)] = value;
  }

  input({ expression, reads }: Prologue, at: readonly number[]): number {
    const [value = NaN] = evaluate(
      expression,
      reads.map(read => this.read(read, at)),
    );
    return value;
  }

  output({ expression, reads, writes }: Epilogue, at: readonly number[], carried: readonly number[]): void {
    const results = evaluate(expression, [...carried, ...reads.map(read => this.read(read, at))]);
    writes.forEach((write, k) => {
      this.write(write, at, results[k] ?? NaN);
    });
  }
}

const reduction = (spec: ReduceSpec, values: readonly number[]): number => {
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  if (spec.op === 'sum') return sum(values);
  if (spec.op === 'mean') return sum(values) / values.length;
  if (spec.op === 'sumSquare') return sum(values.map(x => x * x));
  if (spec.op === 'prod') return values.reduce((a, b) => a * b, 1);
  return spec.op === 'max' ? Math.max(...values) : Math.min(...values);
};

const line = (spec: SoftmaxSpec | NormalizeSpec, values: readonly number[]): number[] => {
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  if (spec.kind === 'softmax') {
    const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = sum(values.map(x => Math.exp(x - largest)));
    return values.map(x => (spec.log ? x - largest - Math.log(total) : Math.exp(x - largest) / total));
  }
  const mean = spec.rms ? 0 : sum(values) / values.length;
  const variance = sum(values.map(x => (x - mean) ** 2)) / values.length;
  return values.map(x => (x - mean) / Math.sqrt(variance + spec.epsilon));
};

/** The buffers after the kernel. */
export const interpretBox = (spec: BoxSpec, buffers: readonly Elements[]): Elements[] => {
  const machine = new Interpreter(buffers);
  if (spec.kind === 'fill') {
    for (const at of indicesOf(spec.extents)) machine.write(spec.write, at, spec.value);
  } else if (spec.kind === 'elementwise') {
    for (const at of indicesOf(spec.extents)) machine.output(spec.body, at, []);
  } else if (spec.kind === 'reduce') {
    for (const at of indicesOf(spec.outer)) {
      const values = [...indicesOf(spec.reduced)].map(inner => machine.input(spec.input, [...at, ...inner]));
      machine.output(spec.epilogue, at, [reduction(spec, values)]);
    }
  } else {
    for (const at of indicesOf(spec.outer)) {
      const places = [...indicesOf(spec.line)].map(inner => [...at, ...inner]);
      const values = places.map(place => machine.input(spec.input, place));
      line(spec, values).forEach((value, i) => {
        machine.output(spec.epilogue, places[i] ?? [], [value]);
      });
    }
  }
  return machine.buffers;
};
