/**
 * The embedding block before its LayerNorm, gathered on the CPU: only the rows of a batch go to the GPU, so that
 * `roberta-base`'s 154 MB table never meets WebGPU's 128 MiB binding limit.
 */
import { invariant } from '../errors';
import type { EncoderConfig } from './hooks';

export interface EmbeddingTables {
  /** [vocabulary, D] */
  readonly words: Float32Array;
  /** [positions, D] */
  readonly positions: Float32Array;
  /** [types, D], of which row 0 is read: every token of a single text has type 0. Null where the model has no token types. */
  readonly tokenTypes: Float32Array | null;
}

/** One of the tables, in the order of the reference's modules. */
export interface EmbeddingPart {
  readonly part: keyof EmbeddingTables;
  /** Name in the checkpoint. */
  readonly name: string;
  readonly rows: number;
  /** torch's `padding_idx`: a row that takes no gradient. */
  readonly paddingRow: number | null;
}

const tensorOf: Readonly<Record<keyof EmbeddingTables, string>> = {
  words: 'embeddings.word_embeddings.weight',
  positions: 'embeddings.position_embeddings.weight',
  tokenTypes: 'embeddings.token_type_embeddings.weight',
};

/** The tables that the model has. */
export function embeddingParts({
  family,
  vocabSize,
  typeVocabSize,
  maxPositionEmbeddings,
  padId,
}: EncoderConfig): readonly EmbeddingPart[] {
  const table = (part: keyof EmbeddingTables, rows: number, paddingRow: number | null): EmbeddingPart => ({
    part,
    name: `${family.prefix}.${tensorOf[part]}`,
    rows,
    paddingRow,
  });
  return [
    table('words', vocabSize, padId),
    table('positions', maxPositionEmbeddings, family.positions === 'after-padding' ? padId : null),
    ...(typeVocabSize > 0 ? [table('tokenTypes', typeVocabSize, null)] : []),
  ];
}

/** Which table a tensor of the base model is; undefined where it is none. */
export function tableOfTensor(name: string): keyof EmbeddingTables | undefined {
  const parts = Object.keys(tensorOf) as (keyof EmbeddingTables)[];
  return parts.find((part) => name.endsWith(`.${tensorOf[part]}`));
}

/** Word + token-type + position rows of each token: tokenIds [M], positions [M] → [M, D]. */
export function embed(
  { words, positions: places, tokenTypes }: EmbeddingTables,
  config: EncoderConfig,
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
      const word = words[id * D + d]!;
      const withType = tokenTypes ? Math.fround(word + tokenTypes[d]!) : word;
      out[i * D + d] = withType + places[position * D + d]!;
    }
  }
  return out;
}
