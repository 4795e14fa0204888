import { expect, it } from 'vitest';
import { nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import { packed, unpacked } from '../../../../renderer/graph/layout/packed-layout.ts';

it('a layout is the same after it was packed, also without edges', () => {
  const nodes = [0, 1, 2].map(() => ({ width: 96, height: 40 }));
  for (const edges of [[[0, 1] as const, [0, 2] as const, [1, 2] as const], []]) {
    const layout = nestedLayout({ direction: 'down', nodes, edges });
    expect(unpacked(packed(layout))).toEqual(layout);
  }
});
