import { rowCount } from '../../graph/graph';
import { fold } from '../../ops/dropout/rng';
import { arithmetic } from './arithmetic';
import { dropoutFactors } from './dropout-factors';
import type { OnnxLowering } from './lowering';

export const dropout: OnnxLowering = ({ node, inputs: [x], graph, hostInput }) => {
  const { cols, rows } = node.shape;
  const byTokens = rows === 'tokens';
  const factors = hostInput({
    name: `dropout.${node.attributes.site}.${cols}`,
    type: 'f32',
    dims: (step) => [rowCount(rows, step), cols],
    compute(step, layout) {
      const all = new Float32Array(rowCount(rows, step) * cols);
      const { key, fillRow } = dropoutFactors(node.attributes, step);
      // Rows that are no tokens are each keyed as a sequence of their own: those of sequences, and of blocks of a sequence.
      const runs = byTokens ? step.sequences : rowCount(rows, step);
      for (let s = 0; s < runs; s++) {
        const sequenceKey = fold(key, s);
        const [first, count] = byTokens ? [layout[4 * s]!, layout[4 * s + 1]!] : [s, 1];
        for (let i = 0; i < count; i++) fillRow(all, (first + i) * cols, cols, fold(sequenceKey, i));
      }
      return all;
    },
  });
  return arithmetic(graph).mul(x!, factors);
};
