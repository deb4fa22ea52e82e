/** `non_linearity` of a configuration, in the names of AdapterHub and transformers. */
import type { Node } from '../../graph/graph';
import type { BuildContext } from '../../models/hooks';
import { type ActivationName, activate, isActivationName } from '../../ops/activation/activation';
import { type AdapterConfig, type ConfigValue, unsupported } from '../config';
import { nonLinearities } from '../non-linearity';

export type NonLinearity = ActivationName | null;

/** Null where the configuration has none: the identity. */
export function readNonLinearity(method: string, config: AdapterConfig, fallback: ConfigValue): NonLinearity {
  const value = config.non_linearity === undefined ? fallback : config.non_linearity;
  if (value === null) return null;
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  if (!isActivationName(name))
    throw unsupported(
      method,
      'non_linearity',
      value,
      `one of ${nonLinearities.map((n) => `"${n}"`).join(', ')}`,
    );
  return name;
}

export function applyNonLinearity({ graph }: BuildContext, x: Node, kind: NonLinearity, name: string): Node {
  return kind === null ? x : activate(graph, x, kind, name);
}
