/** What a download will weigh, told before anything is made for it. */
import type { Precision } from './precision';

/** Of `index.html` and `runtime/`, as the zip holds them: WebAssembly, transformers.js, licences. */
export const pageBytes = 3_900_000;

/**
 * Of a model's file, to a few percent: `base` numbers of the base model, `trained` those of adapter and head, which are among the
 * base's where all of it trained.
 */
export function onnxBytes(precision: Precision, base: number, trained: number): number {
  const beside = trained > base ? trained - base : trained;
  switch (precision) {
    case 'f32':
      return 4 * (base + beside);
    case 'f16':
      return 2 * (base + beside);
    case 'int8':
      // A byte each, and a scale for every row of some hundred.
      return 1.01 * base + 4 * beside;
  }
}
