import { setFlagsFromString } from 'node:v8';
import { beforeEach, expect, test, vi } from 'vitest';
import { peakLoop } from '../../../../engine/codegen/measure/peak.ts';
import { compileAhead, compileOptimised } from '../../../../engine/host/process/compile-ahead.ts';
import { compileOptions, type SimdClass } from '../../../../engine/options.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { compile } from '../../../../engine/pipeline.ts';
import type { Program } from '../../../../engine/runtime/program.ts';
import { manyNodes } from '../../../support/many-nodes.ts';

vi.mock('node:v8', async load => {
  const actual = await load<typeof import('node:v8')>();
  const watched = vi.fn(actual.setFlagsFromString);
  return { ...actual, setFlagsFromString: watched, default: { ...actual, setFlagsFromString: watched } };
});

const read = (file: string): never => {
  throw new Error(`there is no file ${file}`);
};

function programOf(flops: (module: Uint8Array) => number): Program {
  const { program } = compile(inferShapes(manyNodes(20), {}, read).graph, compileOptions.parse({}), {
    read,
    clock: () => 0,
  });
  const [first, ...others] = program.steps;
  if (!first) throw new Error('no steps');
  const idle = others.map(step => ({ ...step, flops: 0 }));
  return { ...program, steps: [{ ...first, flops: flops(program.module) }, ...idle] };
}

const flags = (): string[] => vi.mocked(setFlagsFromString).mock.calls.map(([flag]) => flag);
const forSpeed = ['--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering'];
const asBefore = ['--wasm-lazy-compilation', '--wasm-dynamic-tiering'];

beforeEach(() => {
  vi.mocked(setFlagsFromString).mockClear();
});

test('a program with much to compute is optimised ahead, and others compiled later are not', () => {
  const program = programOf(module => module.length * 2000);
  const module = compileAhead(program);
  expect(flags()).toEqual([...forSpeed, ...asBefore]);
  const step = program.steps.find(({ kind }) => kind === 'kernel');
  const name = step?.kind === 'kernel' ? step.phases[0]?.function : undefined;
  const found = WebAssembly.Module.exports(module as globalThis.WebAssembly.Module);
  expect(found.map(exported => exported.name)).toContain(name);
});

test('one with little to compute is compiled as it is called', () => {
  compileAhead(programOf(module => module.length * 100));
  expect(flags()).toEqual([]);
});

test('a module that is none leaves the flags as they were', () => {
  const program = { ...programOf(() => 1e12), module: new Uint8Array([1, 2, 3]) };
  expect(() => compileAhead(program)).toThrow(WebAssembly.CompileError);
  expect(flags()).toEqual([...forSpeed, ...asBefore]);
});

test('the loop that tells the peak runs optimised code from its first call on', () => {
  setFlagsFromString('--allow-natives-syntax');
  const isBaseline = new Function('called', 'return %IsLiftoffFunction(called)');
  const calledOnce = (
    simd: SimdClass,
    compile: (module: Uint8Array<ArrayBuffer>) => WebAssembly.Module,
  ): unknown => {
    const { module, memory, function: name } = peakLoop(simd, compile);
    const loop = new WebAssembly.Instance(module, { env: { memory } }).exports[name];
    if (typeof loop !== 'function') throw new Error('expected a function');
    loop(0, 0);
    return loop;
  };
  expect(isBaseline(calledOnce('128', compileOptimised))).toBe(false);
  // V8 keeps the code of a module that it has seen: another one tells what there is without.
  const plainly = (module: Uint8Array<ArrayBuffer>) => new WebAssembly.Module(module);
  expect(isBaseline(calledOnce('scalar', plainly))).toBe(true);
});
