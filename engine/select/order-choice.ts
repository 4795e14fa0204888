// In which order a product's loops run where that makes a difference.

import type { SimdClass } from '../options.ts';
import { Choices, type Question } from './choices.ts';
import type { LoopOrder, MatmulSpec } from './spec/product.ts';
import type { ConvolutionSpec } from './spec/window.ts';

/** A product that several orders may be fastest for. */
export interface OrderQuestion extends Question<LoopOrder> {
  readonly simd: SimdClass;
  /** the first of its kind and shape */
  readonly spec: ConvolutionSpec | MatmulSpec;
}

/** Answers by measurement where there is one. */
export class LoopOrders extends Choices<LoopOrder, OrderQuestion> {}
