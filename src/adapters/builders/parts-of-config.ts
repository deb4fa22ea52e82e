/** From a configuration of a file to what it does in the model: by its `architecture`, a union part by part. */
import { StudioError } from '../../errors';
import type { EncoderConfig } from '../../models/hooks';
import { architectureOf } from '../architecture';
import { type AdapterConfig, unsupported } from '../config';
import { bottleneckParts } from './bottleneck';
import { lowRankParts } from './low-rank';
import { mtlLoraParts } from './mtl-lora-parts';
import type { AdapterParts } from './parts';
import { peftIa3Parts, peftLoraParts, peftPrefixParts, peftPromptParts, peftVeraParts } from './peft-parts';
import { prefixParts } from './prefix-parts';
import { promptParts } from './prompt-parts';
import { reftParts } from './reft-parts';

/** `shared`: the name under which adapters of one setup share parameters (MTL-LoRA), e.g. "a,b". */
type PartsBuilder = (
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
  shared?: string,
) => AdapterParts;

const builders: Readonly<Record<string, PartsBuilder>> = {
  bottleneck: bottleneckParts,
  lora: lowRankParts,
  mtl_lora: mtlLoraParts,
  prefix_tuning: prefixParts,
  prompt_tuning: promptParts,
  reft: reftParts,
  union: unionParts,
  peft_lora: peftLoraParts,
  peft_dora: peftLoraParts,
  peft_ia3: peftIa3Parts,
  peft_vera: peftVeraParts,
  peft_prefix: peftPrefixParts,
  peft_prompt: peftPromptParts,
};

/** Throws `unknown-method` for an architecture the studio does not have, `unsupported-config` for a key it cannot follow. */
export function partsOfConfig(
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
  shared?: string,
): AdapterParts {
  const build = builders[architectureOf(config)];
  if (!build)
    throw new StudioError(
      'unknown-method',
      `The adapter's architecture is ${JSON.stringify(config.architecture)}, which the studio does not know.`,
      'Adapters of the methods in the form can be used.',
    );
  const parts = build(config, model, adapterName, shared);
  if (parts.parameters.length === 0)
    throw unsupported(architectureOf(config), 'leave_out', config.leave_out, 'a list that leaves a layer in');
  return parts;
}

/** Members of a union; throws where there are none. */
function unionMembers(config: AdapterConfig): readonly AdapterConfig[] {
  const { configs } = config;
  const isList = Array.isArray(configs) && configs.length > 0;
  if (!isList)
    throw new StudioError(
      'unsupported-config',
      'The union has no `configs`.',
      'A union lists the configurations of its members.',
    );
  return configs as readonly AdapterConfig[];
}

/** As the library does, the first member with a module at a place has it. */
function unionParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const members = unionMembers(config).map((member) => partsOfConfig(member, model, adapterName));
  const firstOf = <T>(find: (parts: AdapterParts) => T | null | undefined): T | null => {
    for (const parts of members) {
      const found = find(parts);
      if (found !== null && found !== undefined) return found;
    }
    return null;
  };
  const [invertible, prompt, intervention, virtualTokens] = [
    firstOf((parts) => parts.invertible),
    firstOf((parts) => parts.prompt),
    firstOf((parts) => parts.intervention),
    firstOf((parts) => parts.virtualTokens),
  ];
  return {
    parameters: members.flatMap(({ parameters }) => parameters),
    linear: (site) => firstOf((parts) => parts.linear?.(site)),
    bottleneck: (site) => firstOf((parts) => parts.bottleneck?.(site)),
    prefix: (context, layer, x) => firstOf((parts) => parts.prefix?.(context, layer, x)),
    ...(invertible ? { invertible } : {}),
    ...(prompt ? { prompt } : {}),
    ...(intervention ? { intervention } : {}),
    ...(virtualTokens ? { virtualTokens } : {}),
  };
}
