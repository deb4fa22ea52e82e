/** From token ids to what an executor takes: embeddings gathered, the layouts as the kernels read them, targets. */

import type { TokenBatch } from '../data/collate';
import type { Extents } from '../graph/graph';
import { type LossOptions, softTargets, type TargetKind } from '../heads/loss';
import { type EmbeddingPart, type EmbeddingTables, embed, embeddingParts } from '../models/embedding';
import type { EncoderConfig, VirtualTokens } from '../models/hooks';
import type { ExecutorBatch } from '../runtime/executor';
import type { TaskType } from '../task';

/** What a run's programs want of a batch beyond its tokens. */
export interface BatchForm {
  /** Rows that a prompt takes in every sequence. */
  readonly virtualTokens: VirtualTokens | null;
  /** Added to every real token's position. */
  readonly positionShift: number;
  readonly task: TaskType;
  readonly targets: TargetKind;
  readonly classes: number;
  readonly loss: LossOptions;
  /** The embedding tables train: their rows are gathered on the device, and ids come sorted for the gradient. */
  readonly trainsEmbeddings: boolean;
}

/** The batch's largest extents with the rows that a prompt takes. */
export function withVirtualTokens({ virtualTokens }: BatchForm, { tokens, sequences }: Extents): Extents {
  return { tokens: tokens + sequences * (virtualTokens?.count ?? 0), sequences };
}

export function toExecutorBatch(
  batch: TokenBatch,
  tables: EmbeddingTables,
  model: EncoderConfig,
  form: BatchForm,
): ExecutorBatch {
  const placed = place(batch, model, form);
  const { tokens, sequences } = placed;
  return {
    tokens,
    sequences,
    inputs: {
      layout: placed.layout,
      tokenLayout: placed.tokenLayout,
      ...targetInputs(batch, form),
      ...(batch.taskIds ? { taskIds: batch.taskIds } : {}),
      ...(form.trainsEmbeddings
        ? idInputs(placed, model)
        : { embeddings: embeddingsOf(placed, tables, model, form) }),
    },
  };
}

type PlacedBatch = Pick<TokenBatch, 'tokens' | 'sequences' | 'tokenIds' | 'layout'> & {
  /** [M] rows of the position table. */
  readonly positions: Uint32Array;
  readonly tokenLayout: Uint32Array;
  /** 1 for the rows of a prompt. */
  readonly isVirtual: Uint8Array;
};

/** The batch with its positions, and with the rows of a prompt put into every sequence. */
function place(
  batch: TokenBatch,
  { padId, family }: EncoderConfig,
  { virtualTokens, positionShift }: BatchForm,
): PlacedBatch {
  const count = virtualTokens?.count ?? 0;
  const after = virtualTokens?.after ?? 0;
  const { sequences } = batch;
  const tokens = batch.tokens + sequences * count;
  const placed = {
    tokens,
    sequences,
    tokenIds: new Uint32Array(tokens).fill(padId),
    positions: new Uint32Array(tokens).fill(padId),
    layout: new Uint32Array(4 * sequences),
    tokenLayout: new Uint32Array(4 * tokens),
    isVirtual: new Uint8Array(tokens),
  };
  for (let s = 0; s < sequences; s++) {
    const [from, rows, keys] = batch.layout.subarray(4 * s, 4 * s + 3) as unknown as [number, number, number];
    const first = from + s * count;
    placed.layout.set([first, rows + count, keys + count, 0], 4 * s);
    const ids = batch.tokenIds.subarray(from, from + keys);
    const positions = positionsOf(ids, rows, padId, family.positions);
    for (let i = 0; i < rows + count; i++) {
      placed.tokenLayout.set([s, first, rows + count, keys + count], 4 * (first + i));
      const isVirtual = i >= after && i < after + count;
      placed.isVirtual[first + i] = isVirtual ? 1 : 0;
      // PEFT's prompt counts as tokens: positions go on over it.
      if (virtualTokens?.embedded)
        placed.positions[first + i] = i + (family.positions === 'after-padding' ? padId + 1 : 0);
      if (isVirtual) continue;
      const source = i < after ? i : i - count;
      placed.tokenIds[first + i] = ids[source] ?? padId;
      if (virtualTokens?.embedded) continue;
      const position = positions[source]!;
      const isPadding = family.positions === 'after-padding' && position === padId;
      placed.positions[first + i] = isPadding ? padId : position + positionShift;
    }
  }
  return placed;
}

/** Positions of a sequence of real tokens and then padding, as the reference counts them: a padding token in the text is padding. */
function positionsOf(
  ids: Uint32Array,
  rows: number,
  padId: number,
  rule: EncoderConfig['family']['positions'],
): Uint32Array {
  if (rule === 'from-zero') return Uint32Array.from({ length: rows }, (_, i) => i);
  const positions = new Uint32Array(rows).fill(padId);
  let next = padId + 1;
  ids.forEach((id, i) => {
    if (id !== padId) positions[i] = next++;
  });
  return positions;
}

/** The sum of the three embeddings; of a prompt's rows nothing, or position and type where it is embedded. */
function embeddingsOf(
  placed: PlacedBatch,
  tables: EmbeddingTables,
  model: EncoderConfig,
  form: BatchForm,
): Float32Array {
  const sum = embed(tables, model, placed);
  const { hiddenSize: D } = model;
  placed.isVirtual.forEach((isVirtual, row) => {
    if (!isVirtual) return;
    const at = sum.subarray(row * D, (row + 1) * D);
    if (!form.virtualTokens?.embedded) at.fill(0);
    else for (let d = 0; d < D; d++) at[d]! -= tables.words[placed.tokenIds[row]! * D + d]!;
  });
  return sum;
}

function targetInputs(
  { labels }: TokenBatch,
  { targets, classes, loss }: BatchForm,
): ExecutorBatch['inputs'] {
  if (targets === 'classes') return { labels };
  return { targets: targets === 'soft' ? softTargets(labels, classes, loss) : Float32Array.from(labels) };
}

/** Ids of the model's tables, each with its sorted order and the starts of its runs (see `ops/gather`). */
function idInputs({ tokenIds, positions }: PlacedBatch, model: EncoderConfig): ExecutorBatch['inputs'] {
  const ids = { words: tokenIds, positions, tokenTypes: new Uint32Array(tokenIds.length) };
  const sorted = ({ part, rows }: EmbeddingPart): [string, Uint32Array][] => {
    const starts = new Uint32Array(rows + 1);
    for (const id of ids[part]) starts[id + 1]! += 1;
    for (let v = 0; v < rows; v++) starts[v + 1]! += starts[v]!;
    const next = starts.slice();
    const order = new Uint32Array(tokenIds.length);
    ids[part].forEach((id, row) => {
      order[next[id]!++] = row;
    });
    return [
      [`${part}.ids`, ids[part]],
      [`${part}.order`, order],
      [`${part}.starts`, starts],
    ];
  };
  return Object.fromEntries(embeddingParts(model).flatMap(sorted));
}
