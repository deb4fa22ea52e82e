import { describe, expect, it } from 'vitest';
import { diskSource } from '../../test/golden/disk-source';
import { readJson } from '../../test/golden/source';
import { collate, type Padding } from '../data/collate';
import { plainLoss } from '../heads/loss';
import { parseEncoderConfig } from '../models/encoder-config';
import type { EncoderConfig } from '../models/hooks';
import { type BatchForm, toExecutorBatch } from './batch';

const modelOf = (modelType: string, padId: number): EncoderConfig =>
  parseEncoderConfig({
    model_type: modelType,
    hidden_act: 'gelu',
    hidden_size: 4,
    dim: 4,
    num_hidden_layers: 1,
    n_layers: 1,
    num_attention_heads: 1,
    n_heads: 1,
    intermediate_size: 8,
    hidden_dim: 8,
    vocab_size: 2000,
    max_position_embeddings: 300,
    pad_token_id: padId,
  });

const form: BatchForm = {
  virtualTokens: null,
  positionShift: 0,
  task: 'classification',
  targets: 'classes',
  classes: 2,
  loss: plainLoss,
  trainsEmbeddings: true,
};

const tables = {
  words: new Float32Array(),
  positions: new Float32Array(),
  tokenTypes: null,
};

function idsAndPositions(rows: readonly number[][], padding: Padding, model: EncoderConfig, with_ = form) {
  const encoded = rows.map((row) => Uint32Array.from(row));
  const batch = collate(encoded, new Uint32Array(rows.length), padding);
  const { inputs } = toExecutorBatch(batch, tables, model, with_);
  return { ids: [...inputs['words.ids']!], positions: [...inputs['positions.ids']!] };
}

describe('positions', () => {
  const rows = [
    [0, 7, 2],
    [0, 7, 8, 9, 2],
  ];

  it('of RoBERTa count real tokens after the padding row, padding has that row', () => {
    expect(idsAndPositions(rows, { mode: 'longest' }, modelOf('roberta', 1))).toEqual({
      ids: [0, 7, 2, 1, 1, 0, 7, 8, 9, 2],
      positions: [2, 3, 4, 1, 1, 2, 3, 4, 5, 6],
    });
  });

  it('of RoBERTa take a padding token inside a text for padding', () => {
    // create_position_ids_from_input_ids: cumsum(ids != pad) · (ids != pad) + pad.
    const { positions } = idsAndPositions([[0, 7, 1, 8, 2]], { mode: 'ragged' }, modelOf('xlm-roberta', 1));
    expect(positions).toEqual([2, 3, 1, 4, 5]);
  });

  it.each(['bert', 'distilbert'])('of %s are places in the sequence, padding included', (modelType) => {
    expect(idsAndPositions(rows, { mode: 'longest' }, modelOf(modelType, 0))).toEqual({
      ids: [0, 7, 2, 0, 0, 0, 7, 8, 9, 2],
      positions: [0, 1, 2, 3, 4, 0, 1, 2, 3, 4],
    });
  });

  it.each([
    ['roberta', 1, [5, 6, 7, 1, 1]],
    ['bert', 0, [3, 4, 5]],
  ])('of %s go on after a prefix that shifts them', (modelType, padId, expected) => {
    const shifted = { ...form, positionShift: 3 };
    const { positions } = idsAndPositions(rows, { mode: 'longest' }, modelOf(modelType, padId), shifted);
    expect(positions.slice(0, expected.length)).toEqual(expected);
  });
});

it('pads as the recorded tokenizer does', async () => {
  interface Cases {
    readonly max_length: number;
    readonly texts: readonly { readonly ids_truncated: number[]; readonly ids_padded: number[] }[];
  }
  const { max_length: length, texts } = await readJson<Cases>(diskSource, 'tokenizer/cases.json');
  expect(texts.length).toBeGreaterThan(100);
  for (const { ids_truncated, ids_padded } of texts) {
    const { ids } = idsAndPositions([ids_truncated], { mode: 'max_length', length }, modelOf('roberta', 1));
    expect(ids).toEqual(ids_padded);
  }
});
