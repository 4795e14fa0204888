// What groups do without, in bytes: tensors that are never written, and those of which only rows exist.

import type { CompileReport } from './types/compile.ts';

export interface Vanished {
  /** of tensors between the members of groups, which are never written to memory */
  readonly unwrittenBytes: number;
  /** of tensors between steps that run depth-first, less the rows of them that there are */
  readonly rowsOnlyBytes: number;
}

/** Of the whole model: a chain is a group beside the groups of its steps, and what it keeps of them is another thing. */
export function vanishedOf({ groups, chains = [] }: Pick<CompileReport, 'groups' | 'chains'>): Vanished {
  const deep = new Set(chains.map(({ id }) => id));
  const sum = (ofChains: boolean): number =>
    groups
      .filter(({ id }) => deep.has(id) === ofChains)
      .reduce((total, { vanishedBytes }) => total + vanishedBytes, 0);
  return { unwrittenBytes: sum(false), rowsOnlyBytes: sum(true) };
}
