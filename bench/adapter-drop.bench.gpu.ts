/**
 * `npm run bench`: what leaving out the lowest layers (AdapterDrop) saves of a training step, as a share of the step with all
 * layers. The three step by turns in one run, so that a busy machine slows all of them; the fastest step of each counts.
 */
import { it } from 'vitest';
import { lora } from '../src/adapters/lora';
import type { AdapterMethod } from '../src/adapters/method';
import { seqBn } from '../src/adapters/seq-bn';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { toExecutorBatch } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import { buildTraining } from '../src/train/programs';
import { loadBaseModel } from '../test/golden/base-model';

const site = {
  async bytes(path: string) {
    return new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer());
  },
};

const device = await acquireDevice(navigator.gpu);
const base = await loadBaseModel(site, 'models/roberta-mini');
const layers = base.config.numHiddenLayers;
const sequences = device.isSoftwareAdapter ? 4 : 32;
const rounds = device.isSoftwareAdapter ? 6 : 60;
const warmUps = 2;

const rows = Array.from({ length: sequences }, (_, i) =>
  Uint32Array.from({ length: 27 }, (_id, j) => (j === 0 ? 0 : 4 + ((i * 31 + j * 17) % 4000))),
);

/** A function that takes one step with the lowest layers left out, and answers its milliseconds. */
async function stepper(method: AdapterMethod, leftOut: number): Promise<() => Promise<number>> {
  const { programs, trainable, batchForm } = buildTraining({
    model: base.config,
    method,
    methodConfig: { ...method.defaultConfig!, leave_out: Array.from({ length: leftOut }, (_, i) => i) },
    adapterName: 'bench',
    head: defaultHead('bench', 2),
    dropout: true,
  });
  const batch = toExecutorBatch(
    collate(rows, new Uint32Array(sequences), { mode: 'ragged' }),
    base.tables,
    base.config,
    batchForm,
  );
  const session = await new WebGpuExecutor(device).open({ programs, frozen: base.frozen, largest: batch });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, await initialize(trainable, 1, async () => undefined)),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  let step = 0;
  return async () => {
    step += 1;
    const start = performance.now();
    await session.ready();
    await session.trainStep([batch], {
      step,
      learningRate: 1e-4,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: 1,
      accumulation: 'mean',
      seed: 1,
      microStep: step,
    });
    await session.takeMetrics(true);
    return performance.now() - start;
  };
}

it.each([lora, seqBn])(
  'AdapterDrop of $id',
  async (method) => {
    const leftOut = [0, layers / 2, layers - 1];
    const steppers = await Promise.all(leftOut.map((count) => stepper(method, count)));
    const fastest = leftOut.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < warmUps + rounds; round++)
      for (const [i, step] of steppers.entries()) {
        const ms = await step();
        if (round >= warmUps) fastest[i] = Math.min(fastest[i]!, ms);
      }
    const told = leftOut.map(
      (count, i) =>
        `${count} of ${layers} left out: ${fastest[i]!.toFixed(1)} ms, ${(fastest[i]! / fastest[0]!).toFixed(2)}`,
    );
    console.log(
      `AdapterDrop, ${method.id} on roberta-mini, ${device.adapter}, ${sequences} × 27 tokens: ${told.join('; ')}`,
    );
  },
  600_000,
);
