// Resize and Upsample of any axes in kernels, against the interpreter: modes, coordinates, borders, few pixels.

import { describe, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Shape } from '../../../engine/ir/types.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

type Attributes = Readonly<Record<string, Attribute>>;

const strings = (values: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, attr.string(value)]));

interface Case {
  readonly shape: Shape;
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly attributes: Attributes;
}

function check({ shape, scales, sizes, attributes }: Case): void {
  const graph = new TestGraph('resize');
  const x = graph.input('x', 'float32', shape);
  const factors = scales && graph.constant('scales', tensorOf('float32', [scales.length], scales));
  const extents = sizes && graph.constant('sizes', tensorOf('int64', [sizes.length], sizes));
  const y = graph.node('Resize', [x, undefined, factors, extents], { attributes });
  graph.output(graph.node('Relu', [y]));
  const label = `[${shape}] ${scales} ${sizes} ${JSON.stringify(attributes)}`;
  expectCompiled(inferred(graph), [randomTensor(shape, 11)], label, () => 1e-5);
}

const COORDINATES = [
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'half_pixel_symmetric',
];

describe.each(COORDINATES)('%s', coordinates => {
  const with_ = (values: Readonly<Record<string, string>>) =>
    strings({ coordinate_transformation_mode: coordinates, ...values });

  it('cubic, with and without what lies outside', () => {
    for (const outside of [0, 1])
      for (const [shape, sizes] of [
        [
          [1, 3, 5, 7],
          [1, 3, 11, 9],
        ],
        [
          [2, 9, 8, 3],
          [2, 9, 3, 10],
        ],
        [
          [1, 4, 1, 2],
          [1, 4, 5, 6],
        ],
      ] as const)
        check({
          shape,
          sizes,
          attributes: { ...with_({ mode: 'cubic' }), exclude_outside: attr.int(outside) },
        });
  });

  it('lines, volumes, and channels behind', () => {
    for (const mode of ['nearest', 'linear', 'cubic'])
      for (const [shape, scales] of [
        [
          [2, 3, 10],
          [1, 1, 2.3],
        ],
        [
          [1, 2, 3, 4, 5],
          [1, 1, 2, 1.5, 0.7],
        ],
        [
          [1, 6, 5, 8],
          [1, 2, 1.7, 1],
        ],
        [
          [2, 5],
          [2, 3],
        ],
        [[7], [2.5]],
      ] as const)
        check({ shape, scales, attributes: with_({ mode }) });
  });
});

it('antialiased, by a little and by much', () => {
  for (const mode of ['linear', 'cubic'])
    for (const [shape, sizes] of [
      [
        [1, 3, 40, 33],
        [1, 3, 7, 5],
      ],
      [
        [1, 8, 12, 9],
        [1, 8, 11, 20],
      ],
      [
        [2, 1, 64, 5],
        [2, 1, 3, 5],
      ],
    ] as const)
      check({ shape, sizes, attributes: { ...strings({ mode }), antialias: attr.int(1) } });
});

it('only the axes named', () => {
  const attributes = { ...strings({ mode: 'linear' }), axes: attr.ints([1, 3]) };
  check({ shape: [2, 3, 4, 5], sizes: [6, 7], attributes });
  check({ shape: [2, 3, 4, 5], scales: [2, 0.5], attributes });
});

it.each(['uint8', 'int8'] as const)('%s, which lose their fraction', dtype => {
  for (const mode of ['linear', 'cubic'])
    for (const [shape, sizes] of [
      [
        [1, 3, 12, 9],
        [1, 3, 31, 20],
      ],
      [
        [1, 20, 16, 3],
        [1, 7, 24, 3],
      ],
    ] as const) {
      const graph = new TestGraph('resize');
      const extents = graph.constant('sizes', tensorOf('int64', [4], sizes));
      const inputs = [graph.input('x', dtype, shape), undefined, undefined, extents];
      graph.output(graph.node('Resize', inputs, { attributes: strings({ mode }) }));
      const low = dtype === 'int8' ? -128 : 0;
      const image = (seed: number) => {
        const { data } = randomTensor(shape, seed);
        // Where it is even, every pixel is what it was.
        return tensorOf(
          dtype,
          shape,
          [...data].map(x => (seed === 1 ? 101 : low + (Math.floor(Number(x) ** 2 * 255) % 256))),
        );
      };
      for (const seed of [1, 2, 3])
        expectCompiled(inferred(graph), [image(seed)], `${mode} ${seed}`, () => 0);
    }
});
