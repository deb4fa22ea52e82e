/** The precisions that a model leaves in, in the words of the page and of transformers.js. */

export const precisions = ['f32', 'f16', 'int8'] as const;

export type Precision = (typeof precisions)[number];

/** `dtype` of transformers.js, and the file that it looks for. */
export const transformersNames: Readonly<
  Record<Precision, { readonly dtype: string; readonly file: string }>
> = {
  f32: { dtype: 'fp32', file: 'onnx/model.onnx' },
  f16: { dtype: 'fp16', file: 'onnx/model_fp16.onnx' },
  int8: { dtype: 'q8', file: 'onnx/model_quantized.onnx' },
};
