/** Gradient checkpointing by layer: memory for time, and not a bit of difference in what is computed. */
import { recomputeSegments } from '../graph/recompute';
import type { BuiltTraining } from './programs';

/** The same training with the inner activations of each encoder layer computed again in the backward pass. */
export function recomputingLayers(built: BuiltTraining): BuiltTraining {
  const { programs } = built;
  // The encoder's scopes name the nodes.
  const layerOf = ({ name }: { readonly name: string }) => /^layer\.\d+(?=\.)/.exec(name)?.[0] ?? null;
  return { ...built, programs: { ...programs, train: recomputeSegments(programs.train, layerOf) } };
}
