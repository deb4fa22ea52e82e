/** From token ids to what an executor takes: embeddings gathered, the layouts as the kernels read them. */
import type { TokenBatch } from '../data/collate';
import { type EmbeddingTables, embed } from '../models/embedding';
import type { RobertaConfig } from '../models/hooks';
import type { ExecutorBatch } from '../runtime/executor';

export function toExecutorBatch(
  batch: TokenBatch,
  tables: EmbeddingTables,
  model: RobertaConfig,
): ExecutorBatch {
  const { tokens, sequences, layout, tokenSequence, labels } = batch;
  const tokenLayout = new Uint32Array(4 * tokens);
  for (let i = 0; i < tokens; i++) {
    const sequence = tokenSequence[i]!;
    tokenLayout[4 * i] = sequence;
    tokenLayout.set(layout.subarray(4 * sequence, 4 * sequence + 3), 4 * i + 1);
  }
  return {
    tokens,
    sequences,
    inputs: { embeddings: embed(tables, model, batch), layout, tokenLayout, labels },
  };
}
