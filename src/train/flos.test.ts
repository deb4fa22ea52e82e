import { expect, it } from 'vitest';
import { lora } from '../adapters/methods/lora';
import { defaultHead } from '../heads/classification';
import { parseEncoderConfig } from '../models/encoder-config';
import { countedParameters, totalFlos } from './flos';
import { buildTraining } from './programs';

/** `config.json` of the hub's roberta-base. */
const robertaBase = parseEncoderConfig({
  model_type: 'roberta',
  hidden_act: 'gelu',
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  vocab_size: 50265,
  max_position_embeddings: 514,
  layer_norm_eps: 1e-5,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  initializer_range: 0.02,
});

const built = buildTraining({
  model: robertaBase,
  method: lora,
  methodConfig: lora.defaultConfig,
  adapterName: 'rotten_tomatoes',
  head: defaultHead('rotten_tomatoes', 2),
  dropout: true,
});

it('gives the reference runs their totals', () => {
  // 8,530 rows padded to 80; run A 6 epochs, run B 5 (DESIGN §1). roberta-base's checkpoint has a masked-LM head.
  const counted = countedParameters(robertaBase, built, { maskedLmHead: true });
  expect(totalFlos(8530 * 80 * 6, counted)).toBe(2141601149692800);
  expect(totalFlos(8530 * 80 * 5, counted)).toBe(1784667624744000);
});

it('has the payload of the saved files of the reference run', () => {
  const floats = (prefix: string) =>
    built.programs.parameters.parameters
      .filter((p) => p.name.startsWith(prefix))
      .reduce((sum, p) => sum + p.length, 0);
  expect(floats('roberta.')).toBe(294_912);
  expect(floats('heads.')).toBe(592_130);
  expect(4 * floats('roberta.')).toBe(1_179_648);
  expect(4 * floats('heads.')).toBe(2_368_520);
});
