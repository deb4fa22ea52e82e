/**
 * Prompt tuning (Lester et al. 2021, arXiv:2104.08691) as AdapterHub has it: P trained vectors put in front of the finished
 * embeddings, without position, without LayerNorm; token positions do not shift. With `combine` "prefix", position 0, which the
 * head reads, is the first prompt vector, not `<s>`; with "prefix_after_bos" it is `<s>`.
 */
import type { EncoderConfig } from '../../models/hooks';
import { withRowsAt } from '../../ops/positions/positions';
import { repeatForSequences } from '../../ops/sequences/sequences';
import { type AdapterConfig, readInteger, requireValue } from '../config';
import type { AdapterParts } from './parts';

const id = 'prompt_tuning';

export function promptParts(
  config: AdapterConfig,
  { hiddenSize, family }: EncoderConfig,
  adapterName: string,
): AdapterParts {
  requireValue(id, config, 'combine', 'prefix', 'prefix_after_bos');
  const count = readInteger(id, config, 'prompt_length', 10);
  const after = config.combine === 'prefix_after_bos' ? 1 : 0;
  const name = `${family.prefix}.prompt_tuning.prompt_tunings.${adapterName}.prompt_embedding.weight`;
  return {
    parameters: [{ name, shape: [count, hiddenSize], initializer: { kind: 'uniform', bound: 0.5 } }],
    virtualTokens: { count, after },
    prompt(context, x) {
      const { graph, parameter } = context;
      const repeated = repeatForSequences(graph, parameter(name, [count, hiddenSize]), 'prompt.repeated');
      return withRowsAt(graph, x, repeated, context, { from: 'start', offset: after, count }, 'prompt');
    },
  };
}
