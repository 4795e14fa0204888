// Some functions of a generated module as text, with the names of their locals, and what they call after them.

import { disassemble } from '../../codegen/wasm/disassemble.ts';

/** In the order of `names`, each once. What the module does not have is left out. */
export function functionsIn(module: Uint8Array, names: readonly string[]): string {
  const texts = new Map(
    disassemble(module)
      .split(/\n\n(?=(?:export )?function )/)
      // Names may hold anything, also a parenthesis: the parameters begin with the last one of the line.
      .map(text => {
        const [head = ''] = text.split('\n', 1);
        return [
          head.slice(head.indexOf('function ') + 'function '.length, head.lastIndexOf('(')),
          text.trimEnd(),
        ];
      }),
  );
  const shown = new Map<string, string>();
  const show = (name: string): void => {
    const text = texts.get(name);
    if (text === undefined || shown.has(name)) return;
    shown.set(name, text);
    for (const [, callee = ''] of text.matchAll(/^ *call (.*)$/gm)) show(callee);
  };
  for (const name of names) show(name);
  return [...shown.values()].join('\n\n');
}
