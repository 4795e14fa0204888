// A chain as a step of the program, and what there is to say about it.

import { valueOf } from '../ir/graph.ts';
import type { Graph, NodeId, ValueId } from '../ir/types.ts';
import type { Chain } from './chain.ts';
import { type ChainTime, stepsTime } from './chain-cost.ts';
import { valueBytes } from './cost.ts';
import type { StepDraft } from './step.ts';

/** A chain that could be made, and what it needs of all workers together. */
export interface Candidate {
  readonly chain: Chain;
  readonly time: ChainTime;
  readonly scratchBytes: number;
  /** of the scratch: rows of the tensors between */
  readonly ringBytes: number;
}

/** A chain that was made. */
export interface ChainSummary {
  readonly id: string;
  /** names of its steps */
  readonly members: readonly string[];
  readonly ops: readonly string[];
  /** of the imported graph */
  readonly nodes: readonly NodeId[];
  /** names of the tensors of which only rows exist */
  readonly kept: readonly string[];
  /** bytes of these tensors, and of the rows of them that there are */
  readonly tensorBytes: number;
  readonly ringBytes: number;
  readonly multiplyAdds: number;
  /** computed again, because workers begin in the middle of an image */
  readonly extraMultiplyAdds: number;
  readonly reasons: readonly string[];
}

/** By which a chain is named and switched off: its first step. */
export const chainId = ({ name }: StepDraft): string => `depth-first ${name}`;

/** What the chain reads and writes as a whole. */
export function chainStep(graph: Graph, members: readonly StepDraft[], { chain }: Candidate): StepDraft {
  const [first] = members;
  const last = members.at(-1);
  if (!first || !last) throw new Error('a chain has steps');
  const kept = new Set(chain.kept);
  const own = new Set(members.flatMap(({ writes }) => writes));
  const writes = [...own].filter(id => !kept.has(id));
  const reads = [...new Set(members.flatMap(member => member.reads))].filter(id => !own.has(id));
  const bytes = (ids: readonly ValueId[]) => ids.reduce((sum, id) => sum + valueBytes(graph, id), 0);
  const spared = members.reduce((sum, { sparedFlops = 0 }) => sum + sparedFlops, 0);
  return {
    kind: 'kernel',
    template: 'chain',
    kernels: [chain.spec],
    name: `${first.name} … ${last.name}`,
    op: 'Chain',
    fusedOps: members.flatMap(({ fusedOps }) => fusedOps),
    origin: [...new Set(members.flatMap(({ origin }) => origin))],
    group: chainId(first),
    reads,
    writes,
    flops: members.reduce((sum, { flops }) => sum + flops, 0),
    ...(spared > 0 && { sparedFlops: spared }),
    bytesRead: bytes(reads),
    bytesWritten: bytes(writes),
  };
}

const KIB = 1024;

/** What the app and the command line say of a chain that was made. */
export function summaryOf(
  graph: Graph,
  members: readonly StepDraft[],
  { chain, time, ringBytes }: Candidate,
  threads: number,
): ChainSummary {
  const names = members.map(({ name }) => name);
  const tensorBytes = chain.kept.reduce((sum, id) => sum + valueBytes(graph, id), 0);
  const multiplyAdds = members.reduce((sum, { flops }) => sum + flops / 2, 0);
  const percent = (work: number, of: number): string => `${((work / of) * 100).toFixed(1)} %`;
  const alone = stepsTime(members) / threads;
  const rows = chain.spec.stages.map(({ unitRows }) => unitRows).join(', ');
  return {
    id: members[0] ? chainId(members[0]) : '',
    members: names,
    ops: members.flatMap(({ fusedOps }) => fusedOps),
    nodes: [...new Set(members.flatMap(({ origin }) => origin))],
    kept: chain.kept.map(id => valueOf(graph, id).name),
    tensorBytes,
    ringBytes,
    multiplyAdds: Math.round(multiplyAdds),
    extraMultiplyAdds: Math.round(time.extra),
    reasons: [
      `${names.join(', ')} run row by row (${rows} rows at a time), each when the next one is about to read`,
      `${Math.ceil(ringBytes / KIB)} KiB of rows exist instead of ${Math.ceil(tensorBytes / KIB)} KiB of tensors`,
      `by the model of their time this adds ${percent(time.added, alone)} and saves ${percent(time.saved, alone)}`,
      `${Math.round(time.extra)} multiply-adds are computed again (${percent(time.extra, multiplyAdds)})`,
    ],
  };
}
