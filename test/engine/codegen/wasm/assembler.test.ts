// The assembler: encodings, every instruction in a module that V8 and wabt accept, names and sections of any
// length, control flow that runs, and mistakes that are caught where they are written.

import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { ByteWriter } from '../../../../engine/codegen/wasm/bytes.ts';
import { disassemble } from '../../../../engine/codegen/wasm/disassemble.ts';
import type { FunctionBuilder, Local } from '../../../../engine/codegen/wasm/function.ts';
import { ModuleBuilder } from '../../../../engine/codegen/wasm/module.ts';
import {
  type LaneOp,
  type MemoryLaneOp,
  type MemoryOp,
  OPCODES,
  type Opcode,
  type PlainOp,
  type ValueType,
} from '../../../../engine/codegen/wasm/opcodes.ts';
import { ByteReader } from '../../../../engine/codegen/wasm/reader.ts';
import { randomFrom } from '../memory-kernel.ts';

type Exports = Record<string, (...args: number[]) => number>;

const moduleOf = (build: (module: ModuleBuilder) => void): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder();
  build(module);
  return module.finish();
};

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

const run = (
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (f: FunctionBuilder, params: readonly Local[]) => void,
): ((...args: number[]) => number) => {
  const bytes = moduleOf(module =>
    module.define('f', { params, results, exported: true }, f => body(f, f.params)),
  );
  return (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports).f as () => number;
};

describe('encodings', () => {
  const edges = [0, 1, 63, 64, 65, 127, 128, 8191, 8192, 16383, 16384, 2 ** 21, 2 ** 28, 2 ** 31 - 1];
  const random = randomFrom(11);
  const numbers = [
    ...edges,
    ...Array.from({ length: 2000 }, () => Math.floor(random() * 2 ** (random() * 31))),
  ];

  it('unsigned numbers come back', () => {
    const writer = new ByteWriter(1);
    const all = [...numbers, 2 ** 31, 2 ** 32 - 1];
    for (const n of all) writer.unsigned(n);
    const reader = new ByteReader(writer.bytes());
    for (const n of all) expect(reader.unsigned()).toBe(n);
    expect(reader.atEnd).toBe(true);
  });

  it('signed numbers come back, in the fewest bytes', () => {
    const writer = new ByteWriter(1);
    const all = numbers.flatMap(n => [n, -n, -n - 1]);
    for (const n of all) writer.signed(n);
    const reader = new ByteReader(writer.bytes());
    for (const n of all) {
      const from = reader.position;
      expect(reader.signed()).toBe(n + 0);
      const bits = n >= 0 ? n : -n - 1;
      expect(reader.position - from).toBe(Math.max(1, Math.ceil((33 - Math.clz32(bits)) / 7)));
    }
  });

  it('64-bit numbers come back', () => {
    const writer = new ByteWriter();
    const all = [0n, 1n, -1n, 63n, 64n, -64n, -65n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 35n];
    for (const n of all) writer.signed64(n);
    const reader = new ByteReader(writer.bytes());
    for (const n of all) expect(reader.signed64()).toBe(n);
  });

  it('reading over the end says where', () => {
    expect(() => new ByteReader(Uint8Array.of(0x80)).unsigned()).toThrow(
      /byte 1: expected 1 more bytes, found 0/,
    );
  });
});

/** Pushes a value of the type. */
const push = (f: FunctionBuilder, type: ValueType): void => {
  if (type === 'i32') f.i32(8);
  else if (type === 'i64') f.i64(3n);
  else if (type === 'f32') f.f32(1.5);
  else if (type === 'f64') f.f64(2.5);
  else f.i32x4([1, 2, 3, 4]);
};

/** Emits an instruction with operands, and drops its results. */
const exercise = (f: FunctionBuilder, op: Opcode): boolean => {
  const { name, immediates } = op;
  for (const type of op.params) push(f, type);
  if (immediates === '' || immediates.startsWith('zero')) f.op(name as PlainOp);
  else if (immediates.startsWith('align')) f.memory(name as MemoryOp, 16);
  else if (immediates.startsWith('lane ')) f.memoryLane(name as MemoryLaneOp, 8, 1);
  else if (immediates === 'lane') f.lane(name as LaneOp, 1);
  else if (immediates === 'shuffle') f.shuffle([0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31]);
  else return false;
  for (const _ of op.results) f.drop();
  return true;
};

describe('instructions', () => {
  const table = Object.values(OPCODES);
  const withOperands = table.filter(
    op => op.params.length + op.results.length > 0 && op.immediates !== 'const',
  );
  const bytes = moduleOf(module => {
    module.importMemory('env', 'memory', { initial: 1, maximum: 65536, shared: true });
    for (const op of withOperands) module.define(op.name, { exported: true }, f => void exercise(f, op));
  });

  it('has every family', () => {
    expect(table.length).toBeGreaterThan(440);
    const families = new Set(table.map(op => op.name.split('.')[0]));
    for (const family of [
      'i32',
      'i64',
      'f32',
      'f64',
      'v128',
      'i8x16',
      'i16x8',
      'i32x4',
      'i64x2',
      'f32x4',
      'f64x2',
    ])
      expect(families).toContain(family);
  });

  it('V8 accepts every one with these operand types', () => {
    for (const op of withOperands) {
      const one = moduleOf(module => {
        module.importMemory('env', 'memory', { initial: 1, maximum: 65536, shared: true });
        module.define('f', {}, f => {
          if (!exercise(f, op)) expect.fail(`no operands for ${op.name}`);
        });
      });
      expect([op.name, WebAssembly.validate(one)]).toEqual([op.name, true]);
    }
  });

  it('runs them (but for those that may wait, grow or trap)', () => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const skip = /wait|grow|notify/;
    for (const op of withOperands) if (!skip.test(op.name)) (instance.exports as Exports)[op.name]?.();
  });

  it('wabt reads the same instructions', async () => {
    const features = {
      simd: true,
      threads: true,
      relaxed_simd: true,
      bulk_memory: true,
      sat_float_to_int: true,
    };
    const { readWasm } = await wabt();
    const module = readWasm(bytes, { ...features, readDebugNames: true } as never);
    const text = module.toText({});
    module.destroy();
    for (const op of withOperands) expect(text).toContain(op.name);
  });

  it('the disassembler reads them back', () => {
    const text = disassemble(bytes);
    for (const op of withOperands) expect(text).toContain(`export function ${op.name}(`);
    for (const op of withOperands)
      expect(text).toMatch(new RegExp(`^ +${op.name.replaceAll('.', '\\.')}( |$)`, 'm'));
  });
});

describe('modules', () => {
  it.each([1, 127, 128, 129, 16383, 16384, 20000])('names of %i bytes', length => {
    const name = 'é'.repeat(length >> 1) + 'x'.repeat(length & 1);
    const bytes = moduleOf(module =>
      module.define(name, { results: ['i32'], exported: true }, f => f.i32(length)),
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    expect((exports as Exports)[name]?.()).toBe(length);
    expect(disassemble(bytes)).toContain(`function ${name}()`);
  });

  it.each([10, 126, 127, 128, 16380, 16383, 16384, 40000])('bodies of about %i bytes', length => {
    const f = run(['i32'], ['i32'], (f, [x]) => {
      if (!x) throw new Error('no parameter');
      f.i32(0);
      for (let k = 0; k < length / 3; k++) {
        f.get(x);
        f.op('i32.add');
      }
    });
    expect(f(2)).toBe(2 * Math.ceil(length / 3));
  });

  it('many functions share types; helpers are made once', () => {
    const bytes = moduleOf(module => {
      for (let k = 0; k < 300; k++)
        module.define(`f${k}`, { params: ['i32'], results: ['i32'], exported: true }, f => {
          const helper = module.helper('twice', { params: ['i32'], results: ['i32'] }, h => {
            for (let n = 0; n < 2; n++) for (const p of h.params) h.get(p);
            h.op('i32.add');
          });
          for (const p of f.params) f.get(p);
          f.call(helper);
          f.i32(k);
          f.op('i32.add');
        });
    });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    expect((exports as Exports).f299?.(21)).toBe(341);
    expect(disassemble(bytes).match(/^function twice/gm)).toHaveLength(1);
    // One type, used by all: a type section of one entry.
    expect([...bytes.slice(8, 16)]).toEqual([1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f]);
  });

  it('imports functions and globals before its own functions', () => {
    const bytes = moduleOf(module => {
      const log = module.importFunction('env', 'log', ['i32'], []);
      const base = module.importGlobal('env', 'base', 'i32');
      module.define('f', { exported: true }, f => {
        f.globalGet(base);
        f.call(log);
      });
      expect(() => module.importFunction('env', 'late', [], [])).toThrow(/after a function was defined/);
    });
    const seen: number[] = [];
    const env = { log: (x: number) => seen.push(x), base: new WebAssembly.Global({ value: 'i32' }, 42) };
    (new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports as Exports).f?.();
    expect(seen).toEqual([42]);
  });
});

describe('control', () => {
  const ranges = [
    [0, 10, 1],
    [0, 10, 4],
    [3, 3, 1],
    [5, 2, 1],
    [0, 4, 4],
    [0, 3, 4],
    [-4, 9, 5],
  ] as const;
  const expected = (begin: number, end: number, step: number): number => {
    let packed = 0;
    let i = begin;
    for (; i + step <= end; i += step) packed = (packed * 7 + i) % 1009;
    return packed * 1000 + i;
  };
  const emitSum = (f: FunctionBuilder, begin: number | Local, end: number | Local, step: number): void => {
    const sum = f.local('i32');
    const i = f.local('i32');
    f.range(i, begin, end, step, () => {
      f.get(sum);
      f.scale(7);
      f.get(i);
      f.op('i32.add');
      f.i32(1009);
      f.op('i32.rem_s');
      f.set(sum);
    });
    f.get(sum);
    f.scale(1000);
    f.get(i);
    f.op('i32.add');
  };
  it.each(ranges)('range from %i to %i by %i, bounds known or not', (begin, end, step) => {
    expect(run([], ['i32'], f => emitSum(f, begin, end, step))()).toBe(expected(begin, end, step));
    const dynamic = run(['i32', 'i32'], ['i32'], (f, [from = 0, to = 0]) => emitSum(f, from, to, step));
    expect(dynamic(begin, end)).toBe(expected(begin, end, step));
    const half = run(['i32'], ['i32'], (f, [to = 0]) => emitSum(f, begin, to, step));
    expect(half(end)).toBe(expected(begin, end, step));
  });

  it('branches out of nested blocks, with and without a value', () => {
    const f = run(['i32'], ['i32'], (f, [x]) => {
      if (!x) throw new Error('no parameter');
      f.block(outer => {
        f.block(inner => {
          f.get(x);
          f.brIf(inner);
          f.i32(1);
          f.br(outer);
        });
        f.get(x);
        f.i32(5);
        f.op('i32.gt_s');
        f.if(
          () => f.i32(10),
          () => f.i32(20),
          'i32',
        );
      }, 'i32');
    });
    expect([0, 3, 9].map(x => f(x))).toEqual([1, 20, 10]);
  });

  it('scales by any factor', () => {
    for (const factor of [1, 2, 64, 3, 12, -4, 1000])
      expect(
        run(['i32'], ['i32'], (f, [x]) => {
          if (!x) throw new Error('no parameter');
          f.get(x);
          f.scale(factor);
        })(7),
      ).toBe(7 * factor);
  });

  it('constants set on entry keep their value in loops, whatever scope asked for them', () => {
    const f = run([], ['i32'], f => {
      const i = f.local('i32');
      const sum = f.local('i32');
      f.range(i, 0, 5, 1, () =>
        f.scope(() => {
          f.get(sum);
          f.get(f.onEntry('seven', 'i32', () => f.i32(7)));
          f.op('i32.add');
          f.set(sum);
        }),
      );
      f.get(sum);
    });
    expect(f()).toBe(35);
  });
});

describe('mistakes', () => {
  const failing =
    (body: (f: FunctionBuilder) => void, results: readonly ValueType[] = []): (() => void) =>
    () =>
      moduleOf(module => module.define('broken', { results }, body));
  it('are caught where they are written', () => {
    expect(
      failing(f => {
        f.f32x4(1);
        f.i32(1);
        f.op('i32.add');
      }),
    ).toThrow('function broken: i32.add expected i32 on the stack, got v128');
    expect(failing(f => f.op('f32.add'))).toThrow('f32.add expected f32 on the stack, got nothing');
    expect(failing(f => f.i32(1))).toThrow('end of function expected an empty stack, got i32');
    expect(failing(() => {}, ['f64'])).toThrow('end of function expected f64 on the stack, got nothing');
    expect(failing(f => f.block(() => f.i32(1)))).toThrow('end of block expected an empty stack');
    expect(
      failing(f => {
        f.i32(1);
        f.block(() => f.drop());
      }),
    ).toThrow('drop expected a value on the stack, got nothing');
    expect(failing(f => f.set(f.local('v128')))).toThrow('local.set expected v128 on the stack, got nothing');
    expect(
      failing(f => {
        f.i32(0);
        f.memory('v128.load', -16);
      }),
    ).toThrow('v128.load expects an offset from 0 to 2^32 − 1, got -16');
    expect(
      failing(f => {
        f.i32(1);
        f.if(() => f.i32(2), undefined, 'i32');
      }),
    ).toThrow('an if with result i32 needs an else');
  });
});

describe('locals', () => {
  it('are used again after their scope, by type', () => {
    moduleOf(module =>
      module.define('f', {}, f => {
        const first = f.scope(() => f.local('v128'));
        const other = f.local('i32');
        const second = f.local('v128');
        expect(second.index).toBe(first.index);
        expect(other.index).not.toBe(first.index);
        const kept = f.scope(
          () => f.locals(2, 'f32'),
          locals => locals.slice(0, 1),
        );
        expect(f.local('f32').index).toBe(kept[1]?.index);
      }),
    );
  });

  it('are given back once, however often a kept result holds them', () => {
    moduleOf(module =>
      module.define('f', {}, f => {
        f.scope(() => {
          const [kept] = f.scope(
            () => [f.local('f32')],
            ([local]) => (local ? [local, local] : []),
          );
          expect(f.local('f32').index).not.toBe(kept?.index);
        });
        expect(f.local('f32').index).not.toBe(f.local('f32').index);
      }),
    );
  });
});
