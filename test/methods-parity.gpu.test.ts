/**
 * Every registered method, and PEFT's variants, on WebGPU against the reference executor: loss, logits and every gradient of the same
 * adapter with random values. What torch says of them is the golden suite's matter; this enrols a method by its being registered.
 */
import { afterAll, expect, it } from 'vitest';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { buildPlan, planOfBundle, tensorsOfBundle } from '../src/host/adapters/adapter-plan';
import { headOf } from '../src/host/runs/run-preparation';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { toExecutorBatch, withVirtualTokens } from '../src/train/batch';
import { drawnAdapter } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { allowed, allowedGradient, largestAbsolute, relativeError } from './golden/compare';
import { httpSource } from './golden/source';
import { withTensors } from './with-tensors';

const device = await acquireDevice(navigator.gpu);
const executors = [referenceExecutor, new WebGpuExecutor(device)] as const;
const base = await loadBaseModel(httpSource, 'models/tiny-a');
const rows = [Uint32Array.of(0, 17, 45, 200, 3, 2), Uint32Array.of(0, 301, 9, 2)];
let worst = { share: 0, what: '' };

afterAll(() =>
  console.log(`parity of methods: at most ${worst.share.toFixed(3)} of what is allowed (${worst.what})`),
);

it.each([...adapterMethods, ...peftMethods].map(({ id }) => id))('%s', async (id) => {
  const bundle = await drawnAdapter(base, id);
  const { programs, batchForm } = buildPlan(planOfBundle(bundle), {
    model: base.config,
    head: headOf(bundle),
    dropout: false,
  });
  const batch = toExecutorBatch(
    collate(rows, Uint32Array.of(1, 0), { mode: 'longest' }),
    base.tables,
    base.config,
    batchForm,
  );
  const tensors = tensorsOfBundle(bundle);
  const zeros = new Float32Array(programs.parameters.totalFloats);
  const results = await Promise.all(
    executors.map(async (executor) => {
      const session = await executor.open({
        programs,
        frozen: withTensors(base.frozen, tensors),
        largest: withVirtualTokens(batchForm, batch),
      });
      const parameters = packParameters(programs.parameters, tensors);
      session.writeState({ parameters, exponentialAverage: zeros, exponentialAverageSquared: zeros });
      const { logits } = await session.evaluate(batch);
      const { loss, gradients } = await session.gradients(batch, { seed: 0, microStep: 0 });
      session.dispose();
      return { logits, loss, gradients };
    }),
  );
  const [expected, got] = results as [(typeof results)[number], (typeof results)[number]];
  const check = (what: string, error: number, limit: number) => {
    if (error / limit > worst.share) worst = { share: error / limit, what: `${id} ${what}` };
    expect(error, what).toBeLessThan(limit);
  };
  check('logits', relativeError(got.logits, expected.logits), allowed.output);
  check('loss', relativeError([got.loss], [expected.loss]), allowed.output);
  const largest = largestAbsolute(expected.gradients);
  expect(largest).toBeGreaterThan(0);
  for (const { name, offset, length } of programs.parameters.parameters) {
    const part = (all: Float32Array) => all.subarray(offset, offset + length);
    const error = relativeError(part(got.gradients), part(expected.gradients), 1e-3 * largest);
    check(`gradient of ${name}`, error, allowedGradient(name));
  }
});
