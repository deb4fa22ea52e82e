/**
 * Which parameters AdamW decays: the Trainer's rule (`transformers.trainer_pt_utils.get_parameter_names` with the
 * forbidden patterns of 4.57): not in a LayerNorm and no `bias` or norm pattern in the name.
 */
const forbidden = [/bias/, /layernorm/, /rmsnorm/, /(?:^|\.)norm(?:$|\.)/, /_norm(?:$|\.)/];

export function isDecayed(name: string): boolean {
  const lower = name.toLowerCase();
  return !forbidden.some((pattern) => pattern.test(lower));
}
