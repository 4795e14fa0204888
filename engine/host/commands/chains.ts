// What steps that run depth-first save and compute again, in numbers and in a line.

import { counted } from '../../report/counted.ts';
import type { DepthFirstChain } from '../../report/types/compile.ts';
import { formatBytes } from './terminal.ts';

type Totals = Pick<DepthFirstChain, 'tensorBytes' | 'ringBytes' | 'multiplyAdds' | 'extraMultiplyAdds'> & {
  readonly chains: number;
  readonly steps: number;
};

/** All chains of a program added up. */
export function chainTotals(chains: readonly DepthFirstChain[]): Totals {
  const sum = (of: (chain: DepthFirstChain) => number): number =>
    chains.reduce((total, chain) => total + of(chain), 0);
  return {
    chains: chains.length,
    steps: sum(({ members }) => members.length),
    tensorBytes: sum(({ tensorBytes }) => tensorBytes),
    ringBytes: sum(({ ringBytes }) => ringBytes),
    multiplyAdds: sum(({ multiplyAdds }) => multiplyAdds),
    extraMultiplyAdds: sum(({ extraMultiplyAdds }) => extraMultiplyAdds),
  };
}

/** None where there are no chains. */
export function describeChains(chains: readonly DepthFirstChain[]): string[] {
  if (chains.length === 0) return [];
  const totals = chainTotals(chains);
  const percent = ((totals.extraMultiplyAdds / Math.max(1, totals.multiplyAdds)) * 100).toFixed(2);
  return [
    `depth-first: ${counted(totals.chains, 'chain')} of ${counted(totals.steps, 'step')}, ` +
      `${formatBytes(totals.tensorBytes)} of tensors exist as ${formatBytes(totals.ringBytes)} of rows, ` +
      `${totals.extraMultiplyAdds} extra multiply-adds (${percent} %)`,
  ];
}
