/**
 * Which parameters AdamW decays: the Trainer's rule (`transformers.trainer_pt_utils.get_parameter_names` with the
 * forbidden patterns of 4.57): not in a LayerNorm and no `bias` or norm pattern in the name. The rule knows LayerNorms by
 * their class; by name, those of a bottleneck are `adapter_norm_before` and `adapter_norm_after`.
 */
const forbidden = [
  /bias/,
  /layernorm/,
  /rmsnorm/,
  /(?:^|\.)norm(?:$|\.)/,
  /_norm(?:$|\.)/,
  /\.adapter_norm_(?:before|after)\./,
];

export function isDecayed(name: string): boolean {
  const lower = name.toLowerCase();
  return !forbidden.some((pattern) => pattern.test(lower));
}
