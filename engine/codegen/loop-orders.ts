// The orders in which a product's loops may run, and the order that each product of a step gets.

import { elementCount } from '../ir/tensor.ts';
import type { SimdClass } from '../options.ts';
import type { LoopOrders } from '../select/order-choice.ts';
import type { KernelSpec } from '../select/spec/kernel.ts';
import type { MatmulSpec } from '../select/spec/product.ts';
import type { ConvolutionSpec } from '../select/spec/window.ts';
import type { StepDraft } from '../select/step.ts';
import { tileCount } from './kernels/pack/pack.ts';
import { convolutionProduct } from './kernels/product/convolution.ts';
import { matmulProduct } from './kernels/product/matmul.ts';
import { type Product, panelBytes, productOrders, termsOf } from './kernels/product/product.ts';

type ProductSpec = ConvolutionSpec | MatmulSpec;

const isProduct = (spec: KernelSpec): spec is ProductSpec =>
  spec.kind === 'convolution' || spec.kind === 'matmul';

const productOf = (spec: ProductSpec): Product =>
  spec.kind === 'matmul' ? matmulProduct(spec) : convolutionProduct(spec);

/** The step with the orders that were measured to be fastest; itself where these are the templates' own. */
export function inMeasuredOrders(step: StepDraft, orders: LoopOrders, simd: SimdClass): StepDraft {
  if (step.kind !== 'kernel') return step;
  const kernels = step.kernels.map(spec => (isProduct(spec) ? inMeasuredOrder(spec, orders, simd) : spec));
  return kernels.every((spec, i) => spec === step.kernels[i]) ? step : { ...step, kernels };
}

function inMeasuredOrder(spec: ProductSpec, orders: LoopOrders, simd: SimdClass): ProductSpec {
  const product = productOf(spec);
  const candidates = productOrders(product);
  if (candidates.length < 2) return spec;
  const order = orders.choose({ key: keyOf(simd, spec, product), simd, spec, candidates });
  return order === candidates[0] ? spec : { ...spec, order };
}

/** Bytes of the packed right operand, and more than any packed bias has. */
export function allPanelsBytes(spec: ProductSpec): number {
  const { columns, depth, tile } = productOf(spec);
  const groups = spec.kind === 'matmul' ? 1 : spec.groups;
  return groups * tileCount(columns, tile[1]) * panelBytes(depth, tile[1]);
}

/** Kind and shape. */
function keyOf(simd: SimdClass, { kind }: ProductSpec, product: Product): string {
  const { outer, rows, width, columns, depth, rowSpan, rowStep, left, tile } = product;
  const sizes = [elementCount(outer), rows, width, columns, termsOf(depth)];
  const window = rowSpan === rowStep ? '' : ` ${rowSpan}/${rowStep}`;
  const packed = left.kind === 'strip' ? ' packed' : '';
  return `${simd} ${kind} ${sizes.join('×')}${window}${packed} in ${tile.join('×')}`;
}
