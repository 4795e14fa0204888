// What is said to those who cannot see it when the selection changes: what it is, and its most telling figures.
// Charts and the graph are pictures; this line and the panel it stands in are their words. Pure.

import { counted } from '../../engine/report/counted.ts';
import { typeText } from '../../engine/report/shape-text.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes } from '../format/units.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import type { Selection } from '../state/selection.ts';

/** Empty when nothing is selected. `plan`: the one shown. */
export function spokenSelection(
  selection: Selection | undefined,
  index: GraphIndex,
  plan: PlanView | undefined,
): string {
  switch (selection?.kind) {
    case undefined:
      return '';
    case 'tensor':
      return spokenTensor(selection.id, index, plan);
    case 'node': {
      const node = index.nodes.get(selection.id);
      return node ? `${node.op} ${node.name} selected` : '';
    }
    case 'group':
      return `Fused group ${selection.id} selected`;
    case 'scope':
    case 'nodes':
      return `${selection.id} selected, ${counted(selection.nodes.length, 'operator')}`;
    case 'step': {
      const step = plan?.steps[selection.id];
      const live = formatBytes(plan?.liveBytes[selection.id] ?? 0);
      return step ? `Step ${selection.id} selected, ${step.title}, ${live} live` : '';
    }
    case 'steps':
      return `Steps ${selection.from} to ${selection.to - 1} selected`;
    case 'buffer': {
      const row = plan?.tensors.find(({ id }) => id === selection.id);
      return row ? `${row.name} selected, ${placeOf(row)}` : '';
    }
  }
}

function spokenTensor(id: number, index: GraphIndex, plan: PlanView | undefined): string {
  const tensor = index.tensors.get(id);
  if (!tensor) return '';
  const row = plan?.tensors.find(({ tensors }) => tensors.includes(id));
  const type = `${typeText(tensor)}`;
  return `Tensor ${tensor.name} selected, ${type}${row ? `, ${placeOf(row)}` : ''}`;
}

/** Lives are half-open; people count the last step too. */
const placeOf = ({ bytes, offset, lower, upper }: PlanView['tensors'][number]): string =>
  `${formatBytes(bytes)} at ${formatBytes(offset)}, live in steps ${lower} to ${upper - 1}`;
