// The scopes a node's name says it is in: what exporters write into metadata, else '/' or '.' in the name. Pure.

import type { NodeSummary } from '../../engine/report/types.ts';

/** The scopes around a node, outermost first. */
export function scopePathOf({ name, metadata }: Pick<NodeSummary, 'name' | 'metadata'>): readonly string[] {
  const namespace = metadata?.namespace;
  if (namespace !== undefined) {
    // 'layer1: torch.nn.Sequential/0: torch.nn.ReLU/relu: aten.relu.default'
    return namespace
      .split('/')
      .slice(0, -1)
      .map(part => part.split(':')[0]?.trim() ?? '')
      .filter(part => part !== '');
  }
  const parts = name.split(name.includes('/') ? '/' : '.').filter(part => part !== '');
  return parts.slice(0, -1);
}
