/** AdapterHub's complete default configurations (adapters 1.3), keys verbatim: what the methods' own differ from. */
import type { AdapterConfig } from './config';

/** `LoRAConfig` */
export const loraDefaults: AdapterConfig = {
  architecture: 'lora',
  selfattn_lora: true,
  intermediate_lora: false,
  output_lora: false,
  leave_out: [],
  r: 8,
  alpha: 8,
  dropout: 0.0,
  attn_matrices: ['q', 'v'],
  composition_mode: 'add',
  init_weights: 'lora',
  init_weights_seed: null,
  use_gating: false,
  use_dora: false,
  vera_d: null,
  vera_b: null,
  dtype: null,
};

/** `SeqBnConfig` */
export const bottleneckDefaults: AdapterConfig = {
  mh_adapter: false,
  output_adapter: true,
  reduction_factor: 16,
  non_linearity: 'relu',
  original_ln_before: true,
  original_ln_after: true,
  ln_before: false,
  ln_after: false,
  init_weights: 'bert',
  init_weights_seed: null,
  is_parallel: false,
  scaling: 1.0,
  use_gating: false,
  residual_before_ln: true,
  adapter_residual_before_ln: false,
  inv_adapter: null,
  inv_adapter_reduction_factor: null,
  cross_adapter: false,
  leave_out: [],
  dropout: 0.0,
  phm_layer: false,
  phm_dim: 4,
  factorized_phm_W: true,
  shared_W_phm: false,
  shared_phm_rule: true,
  factorized_phm_rule: false,
  phm_c_init: 'normal',
  phm_init_range: 0.0001,
  learn_phm: true,
  hypercomplex_nonlinearity: 'glorot-uniform',
  phm_rank: 1,
  phm_bias: true,
  stochastic_depth: 0.0,
};

/** `PrefixTuningConfig` */
export const prefixDefaults: AdapterConfig = {
  architecture: 'prefix_tuning',
  encoder_prefix: true,
  cross_prefix: true,
  leave_out: [],
  flat: false,
  prefix_length: 30,
  bottleneck_size: 512,
  non_linearity: 'tanh',
  dropout: 0.0,
  use_gating: false,
  shared_gating: true,
  init_weights_seed: null,
};

/** `NoReftConfig` */
export const reftDefaults: AdapterConfig = {
  layers: 'all',
  prefix_positions: 3,
  suffix_positions: 0,
  r: 1,
  orthogonality: false,
  tied_weights: false,
  dropout: 0.05,
  non_linearity: null,
  dtype: null,
  architecture: 'reft',
  output_reft: true,
  init_weights_seed: null,
};

/** `DynamicAdapterFusionConfig` */
export const dynamicFusion: AdapterConfig = {
  key: true,
  query: true,
  value: true,
  query_before_ln: false,
  regularization: true,
  residual_before: false,
  temperature: false,
  value_before_softmax: true,
  value_initialized: true,
  dropout_prob: null,
};

/** `StaticAdapterFusionConfig`: no value matrix. */
export const staticFusion: AdapterConfig = {
  ...dynamicFusion,
  value: false,
  regularization: false,
  value_initialized: false,
};
