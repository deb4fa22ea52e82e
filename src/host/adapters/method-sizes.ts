/** The sizes of all methods on one base model, for a person to choose by. Builds no graph, so it takes a moment. */
import { methodSize } from '../../adapters/builders/method-size';
import { adapterMethods } from '../../adapters/registry';
import { StudioError } from '../../errors';
import type { EncoderConfig } from '../../models/hooks';
import type { MethodSizeOf } from '../../protocol/types';

/** A file holds its values in 32 bits each; names and settings add some kilobytes. */
const bytesOfNumber = 4;

export function methodSizes(model: EncoderConfig): readonly MethodSizeOf[] {
  return adapterMethods.flatMap((method): readonly MethodSizeOf[] => {
    try {
      const { trained, stored } = methodSize(method, model);
      return [{ id: method.id, trainedParameters: trained, fileBytes: bytesOfNumber * stored }];
    } catch (error) {
      // Compacter cannot divide every hidden size.
      if (error instanceof StudioError) return [];
      throw error;
    }
  });
}
