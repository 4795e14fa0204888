// Text of generated functions: those asked for, and what they call.

import { expect, test } from 'vitest';
import { ModuleBuilder } from '../../../../engine/codegen/wasm/module.ts';
import { functionsIn } from '../../../../engine/host/process/generated-code.ts';

function threeFunctions(): Uint8Array {
  const module = new ModuleBuilder();
  const params = ['i32'] as const;
  const shared = module.define('like 0 Add (a)', { params, paramNames: ['begin'] }, () => {});
  for (const name of ['0 Add (a)', '1 Add (b)']) {
    module.define(name, { params, paramNames: ['begin'], exported: true }, f => {
      for (const param of f.params) f.get(param);
      f.call(shared);
    });
  }
  module.define('2 Relu', { params, exported: true }, () => {});
  return module.finish();
}

test('functions are shown with what they call, each once', () => {
  const text = functionsIn(threeFunctions(), ['1 Add (b)', '0 Add (a)', 'missing']);
  const heads = text.split('\n').filter(line => /^(export )?function/.test(line));
  expect(heads).toEqual([
    'export function 1 Add (b)(begin: i32)',
    'function like 0 Add (a)(begin: i32)',
    'export function 0 Add (a)(begin: i32)',
  ]);
});
