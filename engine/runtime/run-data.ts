// What the values of a run hold, for whoever reads or writes them outside kernels: tensors in memory, extents of
// bounded ones, and data that has no place in memory. Belongs to the thread that owns the session.

import { dtypeInfo } from '../ir/dtypes.ts';
import { elementCount, isTypedArray, sameShape } from '../ir/tensor.ts';
import type { Dtype, Shape, Tensor, TensorData, ValueId } from '../ir/types.ts';
import {
  appended,
  type Datum,
  isAppended,
  isMaps,
  isSequence,
  isTensor,
  mapsOf,
  type Sequence,
  sequenceOf,
} from '../reference/datum.ts';
import type { TensorView, ValueView } from './program.ts';
import { bytesFor, isRowMajor, readView, scatter, windowOf, writeBytes } from './tensor-access.ts';

/** Elements that are numbers. */
type Elements = Exclude<TensorData, readonly string[]>;

/** The values of one session or body. */
export class RunData {
  readonly #memory: ArrayBufferLike;
  readonly #base: (space: TensorView['space']) => number;
  /** extents of bounded values in memory */
  readonly #extents = new Map<ValueId, Shape>();
  /** what is not in memory */
  readonly #held = new Map<ValueId, Datum>();
  /** sequences that have nothing of this memory */
  readonly #apart = new WeakSet<Sequence>();

  /** by view */
  readonly #windows = new WeakMap<ValueView, { readonly tensor: Tensor | undefined }>();

  /** `base`: bytes from the start of the memory to the start of a space. */
  constructor(memory: ArrayBufferLike, base: (space: TensorView['space']) => number) {
    this.#memory = memory;
    this.#base = base;
  }

  /** A copy of what the value holds. Throws when nothing was written yet in this run: that is our bug. */
  read(view: ValueView): Datum {
    return this.#owned(this.look(view));
  }

  /** The same for as long as no memory is written: where that can be, the elements where they lie. */
  look(view: ValueView): Datum {
    const held = this.#held.get(view.value);
    if (held !== undefined) return held;
    if (view.space === 'host') throw new Error(`${view.name} is read before it is written`);
    const window = this.window(view);
    if (!view.bounded) return window ?? readView(this.#memory, this.#base(view.space), view);
    const shape = this.shapeOf(view);
    const part = window && partOf(window, view, shape);
    return part ?? readView(this.#memory, this.#base(view.space), { ...view, shape });
  }

  /** What stays when the memory is written. */
  #owned(datum: Datum): Datum {
    if (isTensor(datum)) return this.#own(datum);
    if (isSequence(datum)) return this.#ownedSequence(datum);
    return isMaps(datum) ? mapsOf(this.#own(datum.keys), this.#own(datum.values)) : datum;
  }

  /** Items are looked at once: of one that was appended to, only what is new. */
  #ownedSequence(sequence: Sequence): Sequence {
    if (this.#apart.has(sequence)) return sequence;
    const owned = this.#copied(sequence);
    this.#apart.add(owned);
    return owned;
  }

  #copied(sequence: Sequence): Sequence {
    if (isAppended(sequence)) {
      const { before, item } = sequence;
      if (before && this.#apart.has(before)) {
        return this.#isWindow(item) ? appended(before, this.#own(item)) : sequence;
      }
    }
    const { items } = sequence;
    return items.some(item => this.#isWindow(item))
      ? sequenceOf(items.map(item => this.#own(item)))
      : sequence;
  }

  #own(tensor: Tensor): Tensor {
    return this.#isWindow(tensor) ? { ...tensor, data: tensor.data.slice() } : tensor;
  }

  #isWindow({ data }: Tensor): boolean {
    return isTypedArray(data) && data.buffer === this.#memory;
  }

  /** What `read` would give the shape of. */
  shapeOf(view: ValueView): Shape {
    const held = this.#held.get(view.value);
    if (isTensor(held)) return held.shape;
    const shape =
      view.space === 'host' ? undefined : view.bounded ? this.#extents.get(view.value) : view.shape;
    if (!shape) throw new Error(`${view.name} is read before it is written`);
    return shape;
  }

  /**
   * The value's memory already holds it, in its capacity: this is how much of it counts. Throws beyond the capacity.
   */
  setShape(view: ValueView, shape: Shape): void {
    const capacity = view.space === 'host' ? undefined : view.shape;
    if (!capacity || shape.some((extent, axis) => extent > (capacity[axis] ?? 0))) throw beyond(view, shape);
    this.#extents.set(view.value, shape);
    this.#held.delete(view.value);
  }

  /** Throws where a value that is to be looked at in all of its capacity turned out to be larger. */
  checkPlace(view: ValueView): void {
    const held = this.#held.get(view.value);
    if (held !== undefined) throw beyond(view, isTensor(held) ? held.shape : []);
  }

  /**
   * Puts data where the value lies. A bounded tensor beyond its capacity is held outside memory for this run.
   * Throws when it does not have the type or the fixed shape of its place. `isOwn`: it has nothing that was looked at.
   */
  write(view: ValueView, datum: Datum, isOwn = false): void {
    if (view.space === 'host' || isBeyond(view, datum)) {
      this.#held.set(view.value, isOwn ? datum : this.#owned(datum));
      return;
    }
    if (!isTensor(datum)) throw new Error(`${view.name}: expected a tensor, got a ${datum.container}`);
    const { dtype, shape, data } = datum;
    if (!this.#isInPlace(view, datum)) {
      const place = this.place(view, dtype, shape);
      // One type means one kind of array.
      if (place) (place as Float32Array).set(data as Float32Array);
      else {
        const at = view.bounded ? { ...view, shape } : view;
        this.store(at, bytesFor(at, datum));
      }
    }
    if (!view.bounded) return;
    this.#extents.set(view.value, shape);
    this.#held.delete(view.value);
  }

  /** Whether what the value holds lies in its memory. */
  isPlaced(view: TensorView): boolean {
    return !this.#held.has(view.value);
  }

  /** Puts elements in the value's memory from place `start` of an axis on: a part of it that there is room for. */
  writePart(view: TensorView, axis: number, start: number, part: Tensor): void {
    const { dtype, shape, data } = part;
    const { kind, bits } = dtypeInfo(dtype);
    const [at, { strides }] = [start * (view.strides[axis] ?? 0), view];
    const elements = kind === 'complex' ? undefined : this.window(view)?.data;
    if (!elements || !isTypedArray(elements)) {
      const { bounded: _, ...place } = { ...view, shape, offset: view.offset + (at * bits) / 8 };
      this.store(place, bytesFor(place, part));
    } else if (isRowMajor(shape, strides)) (elements as Float32Array).set(data as Float32Array, at);
    else scatter(part, strides, elements, at);
  }

  /** Whether its elements are where they are to be. */
  #isInPlace(view: TensorView, { dtype, shape, data }: Tensor): boolean {
    const window = this.window(view);
    return (
      window?.dtype === dtype &&
      isTypedArray(data) &&
      isTypedArray(window.data) &&
      data.buffer === window.data.buffer &&
      data.byteOffset === window.data.byteOffset &&
      (view.bounded ? isRowMajor(shape, view.strides) : sameShape(shape, view.shape))
    );
  }

  /**
   * Elements where a tensor of this type would lie, to be written: a `write` of them moves nothing. Undefined where they
   * do not lie in a row in memory.
   */
  place(view: ValueView, dtype: Dtype, shape: Shape): Elements | undefined {
    if (view.space === 'host' || view.dtype !== dtype) return undefined;
    const window = this.window(view);
    const isWithin = view.bounded ? withinCapacity(shape, view) : sameShape(shape, view.shape);
    const part = window && isWithin ? (view.bounded ? partOf(window, view, shape) : window) : undefined;
    return part && isTypedArray(part.data) ? part.data : undefined;
  }

  /** The memory of a view, in its capacity; undefined where it is no array of the type that tensors have. */
  window(view: ValueView): Tensor | undefined {
    const known = this.#windows.get(view);
    if (known) return known.tensor;
    const data = view.space === 'host' ? undefined : windowOf(this.#memory, this.#base(view.space), view);
    const tensor = data && view.dtype && view.shape && { dtype: view.dtype, shape: view.shape, data };
    this.#windows.set(view, { tensor });
    return tensor;
  }

  /** Puts bytes as `bytesFor` makes them where a tensor of fixed shape lies. */
  store(view: TensorView, bytes: Uint8Array): void {
    writeBytes(this.#memory, this.#base(view.space), view, bytes);
  }

  /** Shapes that tensors turned out to have, of those whose shape no compiler could know. */
  extents(): Map<ValueId, Shape> {
    const held = [...this.#held].flatMap(([id, datum]) =>
      isTensor(datum) ? [[id, datum.shape] as const] : [],
    );
    return new Map([...this.#extents, ...held]);
  }

  /** Forgets what is outside memory. */
  clear(): void {
    this.#extents.clear();
    this.#held.clear();
  }
}

const beyond = (view: ValueView, shape: Shape): Error =>
  new Error(`${view.name}: expected at most [${view.shape ?? ''}], found [${shape}]`);

/** Whether two values begin at the same place and go on alike: an element of both is the same element. */
export const beginsAt = (view: TensorView, other: TensorView): boolean =>
  view.space === other.space &&
  view.offset === other.offset &&
  view.dtype === other.dtype &&
  view.strides.every((stride, axis) => stride === other.strides[axis]);

/** Whether a bounded view cannot hold it. */
const isBeyond = (view: TensorView, datum: Datum): boolean =>
  view.bounded !== undefined && isTensor(datum) && !hasRoom(view, datum.shape);

/** The elements in a row-major part of a capacity; undefined where they do not lie in a row. */
function partOf({ dtype, data }: Tensor, { strides }: TensorView, shape: Shape): Tensor | undefined {
  if (!isTypedArray(data) || dtypeInfo(dtype).kind === 'complex' || !isRowMajor(shape, strides))
    return undefined;
  return { dtype, shape, data: data.subarray(0, elementCount(shape)) };
}

/** Whether a bounded value's memory can hold a tensor of this shape. */
export const hasRoom = (view: TensorView, shape: Shape): boolean =>
  withinCapacity(shape, view) && dtypeInfo(view.dtype).bits % 8 === 0;

const withinCapacity = (given: Shape, { shape, bounded }: TensorView): boolean =>
  given.length === shape.length &&
  given.every((extent, axis) => (bounded?.[axis] ? extent <= (shape[axis] ?? 0) : extent === shape[axis]));
