/** Micro-batches as the executors take them: token rows of all sequences one after another. */

export type Padding =
  | { readonly mode: 'ragged' }
  | { readonly mode: 'longest' }
  | { readonly mode: 'max_length'; readonly length: number };

/** One micro-batch: M token rows, B sequences. */
export interface TokenBatch {
  readonly tokens: number;
  readonly sequences: number;
  /** [M]; of padding anything: what the model has there is the model's matter. */
  readonly tokenIds: Uint32Array;
  /** [B * 4]: first row, rows, keys, 0. */
  readonly layout: Uint32Array;
  /** [M] sequence of each row. */
  readonly tokenSequence: Uint32Array;
  /** [B] class numbers, or [B · labels] numbers. */
  readonly labels: Uint32Array | Float32Array;
  /** [B] which task each sequence belongs to, for adapters of several tasks. */
  readonly taskIds?: Uint32Array;
}

export function collate(
  encoded: readonly Uint32Array[],
  labels: TokenBatch['labels'],
  padding: Padding,
): TokenBatch {
  const longest = Math.max(...encoded.map((ids) => ids.length));
  const rowsOf = (length: number) =>
    padding.mode === 'ragged' ? length : padding.mode === 'longest' ? longest : padding.length;
  const tokens = encoded.reduce((sum, ids) => sum + rowsOf(ids.length), 0);
  const batch = {
    tokens,
    sequences: encoded.length,
    tokenIds: new Uint32Array(tokens),
    layout: new Uint32Array(4 * encoded.length),
    tokenSequence: new Uint32Array(tokens),
    labels,
  };
  let row = 0;
  encoded.forEach((ids, sequence) => {
    const rows = rowsOf(ids.length);
    batch.layout.set([row, rows, ids.length, 0], 4 * sequence);
    batch.tokenSequence.fill(sequence, row, row + rows);
    batch.tokenIds.set(ids, row);
    row += rows;
  });
  return batch;
}

/** Entries of input_ids as the reference has them, padding included; what its FLOPs formula counts. */
export function paddedEntries(lengths: readonly number[], padding: Padding): number {
  if (padding.mode === 'ragged') return lengths.reduce((sum, length) => sum + length, 0);
  return lengths.length * (padding.mode === 'longest' ? Math.max(...lengths) : padding.length);
}

/** Upper bounds of any batch of `batchSize` of these rows; for sizing buffers. */
export function largestBatch(
  lengths: readonly number[],
  batchSize: number,
  padding: Padding,
): { readonly tokens: number; readonly sequences: number } {
  const sequences = Math.min(batchSize, lengths.length);
  const longest = [...lengths].sort((a, b) => b - a).slice(0, sequences);
  return { tokens: paddedEntries(longest, padding), sequences };
}
