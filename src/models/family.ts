/**
 * The kinds of base model the studio knows: one encoder (attention, feed-forward, a LayerNorm after each), under the names,
 * positions and settings that each kind has in the hub's checkpoints. What differs between them is said here and nowhere else;
 * the graph is built from it by `encoder.ts`. Source: `modeling_*.py` and `configuration_*.py` of transformers 4.57.
 *
 * Which classes of AdapterHub, PEFT and transformers stand for a kind is `formats/model-classes.ts`.
 */

/** `model_type` of a config.json. */
export type ModelType = 'roberta' | 'xlm-roberta' | 'camembert' | 'bert' | 'distilbert';

/** Modules of one layer, below `<prefix>.<layers>.<i>.`. */
export interface LayerModules {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
  /** Where AdapterHub hangs bottlenecks after the attention and after the feed-forward layers. */
  readonly attentionEnd: string;
  readonly ffnEnd: string;
  /** Where AdapterHub hangs the gates of prefixes, and what it calls the prefixes of this place. */
  readonly selfAttention: string;
  readonly prefixes: 'self_prefix' | 'self';
}

/** Names of config.json's settings, and the values that transformers takes where the file leaves them out. */
export interface ConfigKeys {
  readonly hiddenSize: string;
  readonly numHiddenLayers: string;
  readonly numAttentionHeads: string;
  readonly intermediateSize: string;
  readonly activation: string;
  readonly hiddenDropout: string;
  readonly attentionDropout: string;
  /** Null where the setting is absent or null: the hidden rate. */
  readonly classifierDropout: { readonly key: string; readonly otherwise: number | null };
  /** Null: no such setting, the value is fixed. */
  readonly layerNormEpsilon: string | null;
  /** Null: the model has no token types. */
  readonly typeVocabSize: string | null;
}

/** Plain data, so that a configuration can cross a worker's boundary. */
export interface ModelFamily {
  readonly modelType: ModelType;
  /** First part of every tensor's name: `base_model_prefix` of transformers. */
  readonly prefix: 'roberta' | 'bert' | 'distilbert';
  readonly layers: string;
  readonly modules: LayerModules;
  readonly keys: ConfigKeys;
  /** `pad_token_id` where config.json does not say. */
  readonly padId: number;
  /**
   * `after-padding`: real tokens have padId + 1, padId + 2, … and padding has padId, whose row of the position table is torch's
   * padding row. `from-zero`: the place in the sequence, padding included.
   */
  readonly positions: 'after-padding' | 'from-zero';
  /** Whether dropout acts on the attention's dense output before the residual. */
  readonly attentionOutputDropout: boolean;
  readonly hasPooler: boolean;
}

const bertModules: LayerModules = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  intermediate: 'intermediate.dense',
  output: 'output.dense',
  outputNorm: 'output.LayerNorm',
  attentionEnd: 'attention.output',
  ffnEnd: 'output',
  selfAttention: 'attention.self',
  prefixes: 'self_prefix',
};

const bertKeys: ConfigKeys = {
  hiddenSize: 'hidden_size',
  numHiddenLayers: 'num_hidden_layers',
  numAttentionHeads: 'num_attention_heads',
  intermediateSize: 'intermediate_size',
  activation: 'hidden_act',
  hiddenDropout: 'hidden_dropout_prob',
  attentionDropout: 'attention_probs_dropout_prob',
  classifierDropout: { key: 'classifier_dropout', otherwise: null },
  layerNormEpsilon: 'layer_norm_eps',
  typeVocabSize: 'type_vocab_size',
};

/** Devlin et al. 2019, arXiv:1810.04805. */
const bert: ModelFamily = {
  modelType: 'bert',
  prefix: 'bert',
  layers: 'encoder.layer',
  modules: bertModules,
  keys: bertKeys,
  padId: 0,
  positions: 'from-zero',
  attentionOutputDropout: true,
  hasPooler: true,
};

/** Liu et al. 2019, arXiv:1907.11692. */
const roberta: ModelFamily = {
  ...bert,
  modelType: 'roberta',
  prefix: 'roberta',
  padId: 1,
  positions: 'after-padding',
};

/** Sanh et al. 2019, arXiv:1910.01108: half of BERT's layers, without token types and pooler. */
const distilbert: ModelFamily = {
  modelType: 'distilbert',
  prefix: 'distilbert',
  layers: 'transformer.layer',
  modules: {
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    attentionOutput: 'attention.out_lin',
    attentionNorm: 'sa_layer_norm',
    intermediate: 'ffn.lin1',
    output: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
    attentionEnd: 'attention_adapters',
    ffnEnd: 'output_adapters',
    selfAttention: 'attention',
    prefixes: 'self',
  },
  keys: {
    hiddenSize: 'dim',
    numHiddenLayers: 'n_layers',
    numAttentionHeads: 'n_heads',
    intermediateSize: 'hidden_dim',
    activation: 'activation',
    hiddenDropout: 'dropout',
    attentionDropout: 'attention_dropout',
    classifierDropout: { key: 'seq_classif_dropout', otherwise: 0.2 },
    layerNormEpsilon: null,
    typeVocabSize: null,
  },
  padId: 0,
  positions: 'from-zero',
  attentionOutputDropout: false,
  hasPooler: false,
};

/** Conneau et al. 2020, arXiv:1911.02116, and Martin et al. 2020, arXiv:1911.03894: RoBERTa with other tokenizers. */
export const modelFamilies: Readonly<Record<ModelType, ModelFamily>> = {
  roberta,
  'xlm-roberta': { ...roberta, modelType: 'xlm-roberta' },
  camembert: { ...roberta, modelType: 'camembert' },
  bert,
  distilbert,
};

export const isModelType = (value: unknown): value is ModelType =>
  typeof value === 'string' && Object.hasOwn(modelFamilies, value);

/** Module name of a layer, e.g. `bert.encoder.layer.0`. */
export const layerPrefix = ({ prefix, layers }: ModelFamily, layer: number): string =>
  `${prefix}.${layers}.${layer}`;
