// Where a kernel's accesses stand at the moment: one i32 pointer for all accesses that move alike.
// Accesses that count from one base with the same byte strides share a pointer and differ in the instruction's offset.

import type { Access } from '../select/spec/access.ts';
import type { KernelContext } from './context.ts';
import type { Place } from './vector/load-store.ts';
import { memoryType } from './vector/memory-types.ts';
import type { Local, Operand32 } from './wasm/function.ts';

interface Group {
  /** any of the buffers: they count from one base */
  readonly buffer: Access['buffer'];
  /** bytes per step along each axis */
  readonly strides: readonly number[];
  /** bytes from the base: the lowest of its accesses */
  start: number;
  readonly pointer: Local;
}

/** Pointers for a list of accesses over one iteration space. */
export class Cursor {
  private readonly k: KernelContext;
  private readonly groups: Group[] = [];
  private readonly entries: readonly {
    readonly access: Access;
    readonly start: number;
    readonly group: Group;
  }[];

  /** Takes its locals from the scope it is made in. */
  constructor(k: KernelContext, accesses: readonly Access[]) {
    this.k = k;
    const byKey = new Map<string, Group>();
    this.entries = accesses.map(access => {
      const { sizeBytes } = memoryType(access.dtype);
      const strides = access.strides.map(stride => stride * sizeBytes);
      const start = k.offset(access.buffer) + access.offset * sizeBytes;
      const key = `${k.baseName(access.buffer)}:${strides.join()}`;
      let group = byKey.get(key);
      if (!group) {
        group = { buffer: access.buffer, strides, start, pointer: k.f.local('i32', 'pointer') };
        byKey.set(key, group);
        this.groups.push(group);
      }
      group.start = Math.min(group.start, start);
      return { access, start, group };
    });
  }

  /** Points every access at the element with these indices; left out or undefined is 0. */
  seek(indices: readonly (Operand32 | undefined)[] = []): void {
    const { f } = this.k;
    for (const { buffer, strides, start, pointer } of this.groups) {
      let constant = start;
      this.k.base(buffer);
      strides.forEach((stride, axis) => {
        const index = indices[axis];
        if (index === undefined || stride === 0) return;
        if (typeof index === 'number') {
          constant += index * stride;
          return;
        }
        f.get(index);
        f.scale(stride);
        f.op('i32.add');
      });
      if (constant) {
        f.i32(constant);
        f.op('i32.add');
      }
      f.set(pointer);
    }
  }

  /** Moves every access `count` elements along an axis. */
  advance(axis: number, count: number): void {
    for (const { strides, pointer } of this.groups) {
      const bytes = (strides[axis] ?? 0) * count;
      if (bytes) this.k.f.increment(pointer, bytes);
    }
  }

  /** Runs `body`, then puts the pointers back to where they were: for a loop inside it that advances them. */
  saved(body: () => void): void {
    this.k.f.scope(() => {
      const copies = this.groups.map(({ pointer }) => this.k.f.copy(pointer, 'saved'));
      body();
      this.groups.forEach(({ pointer }, g) => {
        const copy = copies[g];
        if (copy) this.k.f.assign(pointer, copy);
      });
    });
  }

  /** Access number `index`, displaced by so many elements per axis; lanes run along `vectorAxis` (-1: all alike). */
  place(index: number, displacement: readonly number[], vectorAxis: number): Place {
    const entry = this.entries[index];
    if (!entry) throw new Error(`access ${index} of ${this.entries.length}`);
    const { access, group, start } = entry;
    const moved = group.strides.reduce((sum, stride, axis) => sum + stride * (displacement[axis] ?? 0), 0);
    return {
      dtype: access.dtype,
      pointer: group.pointer,
      offset: start - group.start + moved,
      stride: access.strides[vectorAxis] ?? 0,
    };
  }
}
