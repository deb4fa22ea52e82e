/** Recomputed layers give the gradients that kept ones give, bit for bit, dropout included. */
import { describe, expect, it } from 'vitest';
import { methodById } from '../src/adapters/registry';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { initialize } from '../src/train/initialize';
import { type BuiltTraining, buildTraining } from '../src/train/programs';
import { recomputingLayers } from '../src/train/recompute';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { loadMethodCase } from './golden/method-case';
import { withTensors } from './with-tensors';

const base = await loadBaseModel(diskSource, 'models/tiny-a');
const { batches } = await loadMethodCase(diskSource, 'lora_default');

async function gradientsOf({ programs, trainable, frozen }: BuiltTraining) {
  const drawn = await initialize([...trainable, ...frozen], 3, async (name) => base.tensors.get(name));
  const session = await referenceExecutor.open({
    programs,
    frozen: withTensors(base.frozen, drawn),
    largest: batches[0]!,
  });
  // Fresh adapters are the identity: moved, every gradient is of another size.
  const moved = packParameters(programs.parameters, drawn).map((value, i) => value + 0.02 * Math.sin(i));
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({ parameters: moved, exponentialAverage: zeros, exponentialAverageSquared: zeros });
  return session.gradients(batches[0]!, { seed: 42, microStep: 5 });
}

describe.each(['lora', 'seq_bn', 'prefix_tuning', 'mam', 'loreft'])('%s', (id) => {
  const method = methodById(id);
  const built = buildTraining({
    model: base.config,
    method,
    methodConfig: method.defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: true,
  });

  it('has the same loss and gradients', async () => {
    const recomputing = recomputingLayers(built);
    expect(recomputing.programs.train.nodes.length).toBeGreaterThan(built.programs.train.nodes.length);
    expect(await gradientsOf(recomputing)).toEqual(await gradientsOf(built));
  });
});
