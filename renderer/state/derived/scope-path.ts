// The scopes a node's name says it is in: what exporters write into metadata, else '/' or '.' in the name. Pure.

import type { NodeSummary } from '../../../engine/report/types/model.ts';

/** The scopes around a node, outermost first. */
export function scopePathOf(node: Pick<NodeSummary, 'name' | 'op' | 'metadata'>): readonly string[] {
  const { name, op, metadata } = node;
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
  const scopes = parts.slice(0, -1);
  // 'p2o.Conv.12' is the thirteenth convolution: all of them together are no part of the model.
  return scopes.at(-1) === op && /^\d+$/.test(parts.at(-1) ?? '') ? scopes.slice(0, -1) : scopes;
}
