// Operator families: one colour each, the same in every view. The table of operators is by name;
// an operator that is not in it counts as elementwise arithmetic only if it really is, else as 'control'.

export const FAMILIES = {
  convolution: 'Convolution',
  matrix: 'Matrix product',
  elementwise: 'Elementwise',
  normalisation: 'Normalisation',
  reduction: 'Pooling and reduction',
  movement: 'Data movement',
  quantisation: 'Quantisation',
  control: 'Control and other',
  input: 'Graph input',
  scratch: 'Scratch',
} as const;
export type Family = keyof typeof FAMILIES;

/** As legends say it, which have one line for all of them. */
export const SHORT_NAMES: Readonly<Record<Family, string>> = {
  ...FAMILIES,
  matrix: 'Matrix',
  normalisation: 'Norm',
  reduction: 'Pooling',
  movement: 'Movement',
  control: 'Other',
  input: 'Input',
};

const OPERATORS: Readonly<Partial<Record<Family, string>>> = {
  convolution: 'Conv ConvTranspose DeformConv ConvInteger QLinearConv FusedConv',
  matrix:
    'MatMul Gemm MatMulInteger QLinearMatMul FusedMatMul FusedGemm Einsum Attention MultiHeadAttention LSTM GRU RNN',
  elementwise:
    'Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Cos Cosh Div Elementwise Elu Equal Erf Exp Floor FusedElementwise Gelu Greater GreaterOrEqual HardSigmoid HardSwish IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor BiasGelu FastGelu QuickGelu',
  normalisation:
    'BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization LRN LpNormalization MeanVarianceNormalization Softmax LogSoftmax Hardmax',
  reduction:
    'AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool MaxRoiPool RoiAlign ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare ArgMax ArgMin CumSum CumProd TopK',
  movement:
    'CenterCropPad Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape DepthToSpace Expand EyeLike Flatten Gather GatherElements GatherND GridSample Identity OneHot Pad Range Reshape Resize ReverseSequence ScatterElements ScatterND Scatter Shape Size Slice SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze Upsample NonZero Unique',
  quantisation: 'QuantizeLinear DequantizeLinear DynamicQuantizeLinear',
};

const FAMILY_OF: ReadonlyMap<string, Family> = new Map(
  Object.entries(OPERATORS).flatMap(([family, names]) =>
    names.split(' ').map(name => [name, family as Family] as const),
  ),
);

/** The family of an operator; names of other domains count by their last part ('com.microsoft.FusedConv'). */
export const familyOf = (op: string): Family => FAMILY_OF.get(op.slice(op.lastIndexOf('.') + 1)) ?? 'control';

/** The family of a plan row: by the operator that writes it. */
export function familyOfRow(row: { readonly kind: string; readonly op?: string }): Family {
  if (row.kind === 'scratch') return 'scratch';
  return row.op === undefined ? 'input' : familyOf(row.op);
}

/** The families of some rows, in the order of all families. */
export function familiesOf(rows: readonly { readonly kind: string; readonly op?: string }[]): Family[] {
  const used = new Set(rows.map(familyOfRow));
  return (Object.keys(FAMILIES) as Family[]).filter(family => used.has(family));
}

export const familyVariable = (family: Family): string => `var(--family-${family})`;
