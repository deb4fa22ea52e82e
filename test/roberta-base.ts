/** `roberta-base` by its sizes, with AdapterHub's default LoRA: what plans are made of where no weights are needed. */
import { methodById } from '../src/adapters/registry';
import { type Extents, rowCount } from '../src/graph/graph';
import type { Program } from '../src/graph/program';
import { defaultHead } from '../src/heads/classification';
import { parseEncoderConfig } from '../src/models/encoder-config';
import { buildTraining } from '../src/train/programs';

/** `config.json` of `FacebookAI/roberta-base`. */
const robertaBase = parseEncoderConfig({
  model_type: 'roberta',
  attention_probs_dropout_prob: 0.1,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0.1,
  hidden_size: 768,
  initializer_range: 0.02,
  intermediate_size: 3072,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 514,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  pad_token_id: 1,
  type_vocab_size: 1,
  vocab_size: 50265,
});

/** LoRA r=8 on query and value, two classes, dropout on. */
export function robertaBaseLora() {
  const lora = methodById('lora');
  return buildTraining({
    model: robertaBase,
    method: lora,
    methodConfig: lora.defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: true,
  });
}

/** The largest batch of the reference experiment, and one of Rotten Tomatoes' average length. */
export const paddedBatch: Extents = { tokens: 32 * 80, sequences: 32 };
export const raggedBatch: Extents = { tokens: 32 * 27, sequences: 32 };

/** Multiplications and additions of a program on a batch. */
export function flopsOf({ nodes }: Program, batch: Extents): number {
  return nodes.reduce((sum, node) => {
    const inputs = node.inputs.map(({ shape }) => [rowCount(shape.rows, batch), shape.cols] as const);
    return sum + node.op.flops(inputs, rowCount(node.shape.rows, batch), node.shape.cols, batch);
  }, 0);
}
