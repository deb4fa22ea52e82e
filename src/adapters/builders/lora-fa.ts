/** LoRA-FA: LoRA's parts, whose first factors stay at their random start. */
import type { EncoderConfig } from '../../models/hooks';
import type { AdapterConfig } from '../config';
import type { AdapterParts } from './parts';
import { partsOfConfig } from './parts-of-config';

export function loraFaParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const parts = partsOfConfig(config, model, adapterName);
  const parameters = parts.parameters.map((tensor) =>
    tensor.name.endsWith('.lora_A') ? { ...tensor, frozen: true as const } : tensor,
  );
  return { ...parts, parameters };
}
