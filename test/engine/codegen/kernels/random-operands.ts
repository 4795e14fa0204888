// Random operands for kernel specifications: buffers with seeded contents, accesses in several layouts, prologues and
// epilogues of several shapes. Every choice comes from the seed.

import type { Expression, ExpressionNode, Primitive } from '../../../../engine/fusion/types.ts';
import type { Access, BufferRef, Epilogue, Prologue } from '../../../../engine/select/spec/access.ts';
import { Random } from '../../../support/random.ts';
import type { Buffers } from './run-kernel.ts';

const input = (index: number): ExpressionNode => ({ kind: 'input', index, type: 'f32' });
const constant = (value: number): ExpressionNode => ({ kind: 'constant', value, type: 'f32' });
const apply = (op: Primitive, ...args: number[]): ExpressionNode => ({
  kind: 'apply',
  op,
  args,
  type: 'f32',
});

export const IDENTITY: Expression = { nodes: [input(0)], results: [0] };

export class RandomOperands extends Random {
  readonly arena: Float32Array[] = [];
  readonly weights: Float32Array[] = [];

  get buffers(): Buffers {
    return { arena: this.arena, weights: this.weights };
  }

  /** A new buffer of values in [−1, 1). */
  buffer(space: 'arena' | 'weights', length: number): BufferRef {
    const data = Float32Array.from({ length }, () => this.next() * 2 - 1);
    return { space, id: this[space].push(data) - 1 };
  }

  /** A tensor of these extents in a buffer of its own, its axes in a random or the given order, perhaps with gaps. */
  tensor(extents: readonly number[], order?: readonly number[]): Access {
    const axes = order ?? this.pick([extents.map((_, axis) => axis), this.shuffled(extents.length)]);
    const strides = extents.map(() => 0);
    let stride = 1;
    for (const axis of axes.toReversed()) {
      strides[axis] = stride;
      stride *= (extents[axis] ?? 1) + (this.chance(0.2) ? this.whole(1, 3) : 0);
    }
    const offset = this.chance(0.3) ? this.whole(1, 9) : 0;
    return { buffer: this.buffer('arena', stride + offset), dtype: 'float32', offset, strides };
  }

  /** A tensor broadcast along a random choice of axes. */
  broadcast(extents: readonly number[]): Access {
    const kept = extents.map(() => this.chance(0.5));
    const access = this.tensor(extents.map((extent, axis) => (kept[axis] ? extent : 1)));
    return { ...access, strides: access.strides.map((stride, axis) => (kept[axis] ? stride : 0)) };
  }

  /** Plain, or with one or two operations on one or two operands. */
  prologue(extents: readonly number[], order?: readonly number[]): Prologue {
    const main = this.tensor(extents, order);
    return this.pick<() => Prologue>([
      () => ({ expression: IDENTITY, reads: [main] }),
      () => ({ expression: IDENTITY, reads: [main] }),
      () => ({
        expression: { nodes: [input(0), constant(0.25), apply('max', 0, 1)], results: [2] },
        reads: [main],
      }),
      () => ({
        expression: { nodes: [input(0), input(1), apply('mul', 0, 1), apply('abs', 2)], results: [3] },
        reads: [main, this.broadcast(extents)],
      }),
    ])();
  }

  /** Activations, operands of every kind of broadcast, a residual updated in place, two results. */
  epilogue(extents: readonly number[], order?: readonly number[]): Epilogue {
    const main = this.tensor(extents, order);
    const relu = [input(0), constant(0), apply('max', 0, 1)];
    return this.pick<() => Epilogue>([
      () => ({ expression: IDENTITY, reads: [], writes: [main] }),
      () => ({ expression: { nodes: relu, results: [2] }, reads: [], writes: [main] }),
      () => ({
        expression: { nodes: [...relu, input(1), apply('add', 2, 3)], results: [4] },
        reads: [main],
        writes: [main],
      }),
      () => ({
        expression: {
          nodes: [input(0), input(1), input(2), apply('mul', 0, 1), apply('add', 3, 2), apply('neg', 4)],
          results: [5],
        },
        reads: [this.broadcast(extents), this.broadcast(extents)],
        writes: [main],
      }),
      () => ({
        expression: { nodes: [...relu, input(1), apply('add', 0, 3)], results: [2, 4] },
        reads: [this.broadcast(extents)],
        writes: [main, this.tensor(extents)],
      }),
    ])();
  }

  private shuffled(count: number): number[] {
    const axes = Array.from({ length: count }, (_, axis) => axis);
    for (let k = count - 1; k > 0; k--) {
      const other = this.whole(0, k);
      [axes[k], axes[other]] = [axes[other] ?? 0, axes[k] ?? 0];
    }
    return axes;
  }
}
