/** Sum over rows: x [M, N] → [1, N]. The gradient of a bias. */
import type { Op } from '../../graph/op';

export const columnSum: Op = {
  name: 'columnSum',
  infer: ([x]) => ({ rows: 1, cols: x!.cols }),
  reference({ inputs: [x], inputShapes: [shape], cols, out }) {
    for (let i = 0; i < shape![0]; i++) for (let j = 0; j < cols; j++) out[j]! += x![i * cols + j]!;
  },
  flops: ([x]) => x![0] * x![1],
};
