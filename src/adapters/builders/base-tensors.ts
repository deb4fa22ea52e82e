/** Methods that add nothing to the model: the head alone, or tensors of the base model itself. */
import type { AdapterParts } from './parts';

export const noParts = (): AdapterParts => ({ parameters: [] });

/** Every bias, those of LayerNorms too. */
export const biasParts = (): AdapterParts => ({
  parameters: [],
  trainsBase: (name) => name.endsWith('.bias'),
});

export const allParts = (): AdapterParts => ({ parameters: [], trainsBase: () => true });
