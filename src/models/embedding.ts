/**
 * The embedding block before its LayerNorm, gathered on the CPU: only the rows of a batch go to the GPU, so that
 * `roberta-base`'s 154 MB table never meets WebGPU's 128 MiB binding limit.
 */
import { invariant } from '../errors';
import type { RobertaConfig } from './hooks';

export interface EmbeddingTables {
  /** [vocabulary, D] */
  readonly words: Float32Array;
  /** [positions, D] */
  readonly positions: Float32Array;
  /** [1, D]: RoBERTa has one token type. */
  readonly tokenTypes: Float32Array;
}

export const embeddingTensors = {
  words: 'roberta.embeddings.word_embeddings.weight',
  positions: 'roberta.embeddings.position_embeddings.weight',
  tokenTypes: 'roberta.embeddings.token_type_embeddings.weight',
} as const;

/** Word + position + token-type rows of each token: tokenIds [M], positions [M] → [M, D]. */
export function embed(
  tables: EmbeddingTables,
  config: RobertaConfig,
  { tokenIds, positions }: { readonly tokenIds: Uint32Array; readonly positions: Uint32Array },
): Float32Array {
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings } = config;
  const out = new Float32Array(tokenIds.length * D);
  for (let i = 0; i < tokenIds.length; i++) {
    const id = tokenIds[i]!;
    const position = positions[i]!;
    invariant(id < vocabSize, `embed: token id ${id} in a vocabulary of ${vocabSize}`);
    invariant(
      position < maxPositionEmbeddings,
      `embed: position ${position}, the model has ${maxPositionEmbeddings}`,
    );
    for (let d = 0; d < D; d++) {
      // Each sum is rounded to float32 as the reference's two additions are.
      const withType = Math.fround(tables.words[id * D + d]! + tables.tokenTypes[d]!);
      out[i * D + d] = withType + tables.positions[position * D + d]!;
    }
  }
  return out;
}
