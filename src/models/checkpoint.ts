/**
 * Where the tensors of a base model are in a checkpoint. Files call them with or without the model's prefix (a model saved
 * without a head has none), and old ones call a LayerNorm's tensors `gamma` and `beta`. Everything else in a file (masked-LM
 * heads, `position_ids`) is left alone.
 */
import { StudioError } from '../errors';
import { type BaseTensor, baseTensors, poolerTensors } from './encoder';
import type { EncoderConfig } from './hooks';

/** Shapes by name, as a checkpoint's header or index tells them, and dtypes where it has them. */
export type CheckpointShapes = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly dtype?: string }
>;

/**
 * The file's name of every tensor that the model computes with, by the name the studio knows it by (`embedding.ts`,
 * `encoder.ts`); the pooler's where the file has one. Throws `bad-base-weights` naming a tensor that is missing or whose shape
 * is not the configuration's.
 */
export function checkpointNames(
  config: EncoderConfig,
  tensors: CheckpointShapes,
  fileName = 'model.safetensors',
): ReadonlyMap<string, string> {
  const found = ({ name }: BaseTensor) =>
    possibleNames(name, config.family.prefix).find((possible) => tensors.has(possible));
  const needed = baseTensors(config);
  // A pooler counts as none where a part of it is missing.
  const pooler = poolerTensors(config);
  const wanted = pooler.every(found) ? [...needed, ...pooler] : needed;
  return new Map(
    wanted.map((tensor) => {
      const name = found(tensor);
      const shape = name === undefined ? undefined : tensors.get(name)!.shape;
      if (name !== undefined && shape?.join() === tensor.shape.join()) return [tensor.name, name];
      throw new StudioError(
        'bad-base-weights',
        `${fileName}: tensor ${name ?? tensor.name} is ${shape ? `[${shape}]` : 'missing'}, config.json asks for [${tensor.shape}].`,
        'Config.json and weights must be of the same base model, and complete. Load or choose the model again.',
      );
    }),
  );
}

/** The names a checkpoint may have for a tensor, the usual one first. */
function possibleNames(name: string, prefix: string): readonly string[] {
  const bare = name.slice(prefix.length + 1);
  const legacy = (given: string) =>
    given
      .replace(/(LayerNorm|_layer_norm)\.weight$/, '$1.gamma')
      .replace(/(LayerNorm|_layer_norm)\.bias$/, '$1.beta');
  return [...new Set([name, bare, legacy(name), legacy(bare)])];
}
