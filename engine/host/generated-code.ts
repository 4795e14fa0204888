// Some functions of a generated module as text, with the names of their locals.

import { disassemble } from '../codegen/wasm/disassemble.ts';

const HEAD = 'export function ';

/** In the order of `names`. What the module does not have is left out. */
export function functionsIn(module: Uint8Array, names: readonly string[]): string {
  const texts = new Map(
    disassemble(module)
      .split(`\n${HEAD}`)
      .slice(1)
      // Names may hold anything, also a parenthesis: the parameters begin with the last one of the line.
      .map(text => {
        const [head = ''] = text.split('\n', 1);
        return [head.slice(0, head.lastIndexOf('(begin')), `${HEAD}${text.trimEnd()}`] as const;
      }),
  );
  return names.flatMap(name => texts.get(name) ?? []).join('\n\n');
}
