// Einstein summations run as matrix products and sums, whatever the order of their labels.

import { it } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { inferred, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';

const EQUATIONS = [
  'ij,jk->ik',
  'bij,bjk->bik',
  'b h i d, b h j d -> b h i j',
  'bhij,bhjd->bihd',
  'n,d->nd',
  'ijk,kl',
  'abc,cbd->adb',
  'abcd,dc->ba',
  '...ij,...jk->...ki',
  'bij,bkj,bkl->bil',
  'a,b,ab->',
  'ab,bc,cd,da->a',
  '...i,ij,...j->...',
  'bqhd->bdh',
  'ij->ji',
  'ij->ij',
  'abc->',
  '...i->...',
  'bqhd,bkhe->bhqk',
  'ab,cd->',
  'abc,d->a',
  'bqhd,bqhd->bh',
];

it.each(EQUATIONS)('%s', equation => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = seededRandom(seed);
    const extents = new Map<string, number>();
    const shapes = (equation.replaceAll(' ', '').split('->')[0] ?? '').split(',').map(term =>
      term
        .replace('...', 'y')
        .split('')
        .map(label => {
          const extent = extents.get(label) ?? 1 + Math.floor(random() * 9);
          extents.set(label, extent);
          return extent;
        }),
    );
    const inputs = shapes.map((shape, i) => randomTensor(shape, seed + i));
    const graph = new TestGraph('einsum');
    const operands = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
    graph.output(graph.node('Einsum', operands, { attributes: { equation: attr.string(equation) } }));
    const allowed = (_: unknown, wanted: number) => 1e-5 + 1e-5 * Math.abs(wanted);
    expectCompiled(inferred(graph), inputs, `${equation} seed ${seed}`, allowed);
  }
});

it('products with transposes and a factor in them', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const [transA, transB] = [seed & 1, (seed >> 1) & 1];
    const [m, n, k] = [1 + seed, 3 + seed, 2 + 2 * seed];
    const shapes = [
      [2, ...(transA ? [k, m] : [m, k])],
      [2, ...(transB ? [n, k] : [k, n])],
    ];
    const graph = new TestGraph('product');
    const operands = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
    const attributes = { transA: attr.int(transA), transB: attr.int(transB), alpha: attr.float(0.25) };
    graph.output(graph.node('com.microsoft.FusedMatMul', operands, { attributes }));
    const inputs = shapes.map((shape, i) => randomTensor(shape, seed + i));
    const allowed = (_: unknown, wanted: number) => 1e-5 + 1e-5 * Math.abs(wanted);
    expectCompiled(inferred(graph), inputs, `seed ${seed}`, allowed);
  }
});
