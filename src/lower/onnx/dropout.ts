/** The masks come from the host: one pass over plain integers there, fifteen over tensors as operators. */
import { dropThreshold, fold, maskKey } from '../../ops/dropout/rng';
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';

export const dropout: OnnxLowering = ({ node, inputs: [x], graph, hostInput }) => {
  const { rate, site } = node.attributes;
  const { cols, rows } = node.shape;
  const byTokens = rows === 'tokens';
  const factors = hostInput({
    name: `dropout.${site}.${cols}`,
    dims: ({ tokens, sequences }) => [byTokens ? tokens : sequences, cols],
    compute(step, layout) {
      const all = new Float32Array((byTokens ? step.tokens : step.sequences) * cols);
      const key = maskKey(step.seed, step.microStep, Number(site));
      const threshold = dropThreshold(Number(rate));
      const kept = 1 / (1 - Number(rate));
      for (let s = 0; s < step.sequences; s++) {
        const sequenceKey = fold(key, s);
        const [first, count] = byTokens ? [layout[4 * s]!, layout[4 * s + 1]!] : [s, 1];
        for (let i = 0; i < count; i++) {
          const rowKey = fold(sequenceKey, i);
          const at = (first + i) * cols;
          for (let j = 0; j < cols; j++) if (fold(rowKey, j) >= threshold) all[at + j] = kept;
        }
      }
      return all;
    },
  });
  return arithmetic(graph).mul(x!, factors);
};
