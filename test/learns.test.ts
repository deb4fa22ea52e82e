/**
 * Every method learns by itself: with the head frozen at random values, the adapter alone fits eight rows. With the adapter's
 * gradient set to zero the same loop must fail, or the test would show nothing.
 */
import { describe, expect, it } from 'vitest';
import type { AdapterConfig } from '../src/adapters/config';
import { configWith } from '../src/adapters/config-with';
import type { AdapterMethod } from '../src/adapters/method';
import { adapterMethods } from '../src/adapters/registry';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { baseTensor, withTensors } from '../src/models/base-weights';
import { adamwReference } from '../src/ops/adamw/adamw';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { toExecutorBatch } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import { buildTraining } from '../src/train/programs';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';

const base = await loadBaseModel(diskSource, 'models/tiny-a');

/** Eight sequences of 4 to 7 tokens with labels that follow no rule. */
const rows = Array.from({ length: 8 }, (_, i) =>
  Uint32Array.from({ length: 4 + (i % 4) }, (_unused, j) => (j === 0 ? 0 : 4 + ((37 * i + 11 * j) % 300))),
);
const labels = Uint32Array.of(0, 1, 1, 0, 1, 0, 0, 1);

/** Sizes for a hidden size of 48, where the defaults do not divide or are wider than the model. */
const sized: Readonly<Record<string, AdapterConfig>> = {
  compacter: { reduction_factor: 4 },
  'compacter++': { reduction_factor: 4 },
  adapter_plus: { reduction_factor: 8 },
  prefix_tuning: { prefix_length: 5, bottleneck_size: 24 },
  prefix_tuning_flat: { prefix_length: 5 },
  mam: { 'configs.0.prefix_length': 5, 'configs.0.bottleneck_size': 24 },
  unipelt: { 'configs.0.prefix_length': 5, 'configs.0.bottleneck_size': 24 },
  loreft: { r: 4 },
  noreft: { r: 4 },
  direft: { r: 4 },
};

const maximumSteps = 250;
const learningRates: Readonly<Record<string, number>> = { ia3: 0.1, prompt_tuning: 0.1, mtl_lora: 0.05 };

/** The smallest share of the first loss that the adapter alone reaches. */
async function trainAlone(method: AdapterMethod, gradientScale: 0 | 1): Promise<number> {
  const built = buildTraining({
    model: base.config,
    method,
    methodConfig: configWith(method, sized[method.id] ?? {}, adapterMethods),
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: false,
  });
  const drawn = initialize([...built.trainable, ...built.frozen], 7, (name) => baseTensor(base, name));
  // The fresh head's outputs are near zero: what it reads must move them.
  for (const [name, { data }] of drawn)
    if (name.startsWith('heads.') && name.endsWith('weight')) data.set(data.map((value) => 15 * value));
  const { parameters } = built.programs;
  const batch = toExecutorBatch(
    collate(rows, labels, { mode: 'ragged' }),
    base.tables,
    base.config,
    built.batchForm,
  );
  const session = await referenceExecutor.open({
    programs: built.programs,
    frozen: withTensors(base.frozen, drawn),
    largest: batch,
  });
  const blocks = {
    parameters: Float64Array.from(packParameters(parameters, drawn)),
    gradients: new Float64Array(parameters.totalFloats),
    exponentialAverage: new Float64Array(parameters.totalFloats),
    exponentialAverageSquared: new Float64Array(parameters.totalFloats),
  };
  const zeros = new Float32Array(parameters.totalFloats);
  let first = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= (gradientScale === 0 ? 20 : maximumSteps); step++) {
    session.writeState({
      parameters: Float32Array.from(blocks.parameters),
      exponentialAverage: zeros,
      exponentialAverageSquared: zeros,
    });
    const { loss, gradients } = await session.gradients(batch, { seed: 0, microStep: 0 });
    if (step === 1) first = loss;
    smallest = Math.min(smallest, loss);
    if (smallest < 0.25 * first) break;
    blocks.gradients.set(gradients.map((g) => g * gradientScale));
    for (const { name, offset, length } of parameters.parameters)
      if (name.startsWith('heads.')) blocks.gradients.fill(0, offset, offset + length);
    adamwReference(
      blocks,
      0,
      {
        step,
        learningRate: learningRates[method.id] ?? 0.02,
        weightDecay: 0,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        maxGradNorm: 1,
      },
      loss,
    );
  }
  return smallest / first;
}

describe('the adapter alone learns eight rows', () => {
  it.each(
    adapterMethods.filter(({ id }) => id !== 'head_only').map((method) => [method.id, method] as const),
  )('%s', async (_, method) => {
    expect(await trainAlone(method, 1)).toBeLessThan(0.3);
    expect(await trainAlone(method, 0)).toBeGreaterThan(0.99);
  });
});
