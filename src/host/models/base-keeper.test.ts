/** Which base model's weights the host keeps, on an executor that computes nothing here but holds like any other. */
import { expect, it } from 'vitest';
import { loadBaseModel } from '../../../test/golden/base-model';
import { diskSource } from '../../../test/golden/disk-source';
import { lora } from '../../adapters/methods/lora';
import { StudioError } from '../../errors';
import { defaultHead } from '../../heads/classification';
import type { Executor, HeldWeights } from '../../runtime/executor';
import { referenceExecutor } from '../../runtime/reference/reference';
import { initialize } from '../../train/initialize';
import { buildTraining } from '../../train/programs';
import { BaseKeeper } from './base-keeper';
import { type LoadedBaseModel, storedBase } from './base-models';

const tiny = await loadBaseModel(diskSource, 'models/tiny-a');
const { programs, trainable } = buildTraining({
  model: tiny.config,
  method: lora,
  methodConfig: lora.defaultConfig,
  adapterName: 'main',
  head: defaultHead('main', 2),
  dropout: false,
});
const options = {
  programs,
  tensors: await initialize(trainable, 1, async () => undefined),
  largest: { tokens: 8, sequences: 2 },
};

/** The base model, and the names of its tensors as they are read. */
function baseModel(id = 'tiny-a', fingerprint = 'f') {
  const reads: string[] = [];
  const base: LoadedBaseModel = {
    ...tiny,
    id,
    identity: { name: id, revision: null, fingerprint },
    storage: 'checkpoint',
    frozen: {
      ...tiny.frozen,
      read: (name) => {
        reads.push(name);
        return tiny.frozen.read(name);
      },
    },
    tokenizer: null as never,
  };
  return { base, reads };
}

/** The reference, and the holds that it gave. */
function executor(open: Executor['open'] = referenceExecutor.open) {
  const holds: HeldWeights[] = [];
  const hold: Executor['hold'] = (source) => {
    const weights = referenceExecutor.hold(source);
    holds.push(weights);
    return weights;
  };
  return { ...referenceExecutor, open, hold, holds, counts: () => holds.map(({ count }) => count) };
}

it('reads the base model once for all sessions in a row', async () => {
  const [keeper, device, { base, reads }] = [new BaseKeeper(), executor(), baseModel()];
  (await keeper.open(device, base, options)).dispose();
  const once = reads.length;
  expect(once).toBeGreaterThan(10);
  expect(device.counts()).toEqual([1]);
  const [second, third] = [
    await keeper.open(device, base, options),
    // Loaded anew, as it is where its id was asked for between two others.
    await keeper.open(device, baseModel().base, options),
  ];
  expect(device.counts()).toEqual([3]);
  second.dispose();
  third.dispose();
  expect(device.counts()).toEqual([1]);
  expect(reads.length).toBe(once);
});

it('lets go of it for another storage, other weights or another executor, which a lost device brings', async () => {
  const [keeper, device, { base }] = [new BaseKeeper(), executor(), baseModel()];
  const others = [storedBase(base, 'int8'), baseModel('tiny-b').base, baseModel('tiny-b', 'another').base];
  for (const model of [base, ...others]) (await keeper.open(device, model, options)).dispose();
  expect(device.counts()).toEqual([0, 0, 0, 1]);
  const renewed = executor();
  (await keeper.open(renewed, others[2]!, options)).dispose();
  expect(device.counts()).toEqual([0, 0, 0, 0]);
  expect(renewed.counts()).toEqual([1]);
});

it('leaves it to the sessions that still borrow it, and finds it there again', async () => {
  const [keeper, device, { base, reads }] = [new BaseKeeper(), executor(), baseModel()];
  const run = await keeper.open(device, base, options);
  const once = reads.length;
  (await keeper.open(device, baseModel('tiny-b').base, options)).dispose();
  expect(device.counts()).toEqual([1, 1]);
  const prediction = await keeper.open(device, base, options);
  expect(device.counts()).toEqual([3, 0]);
  expect(reads.length).toBe(once);
  prediction.dispose();
  (await keeper.open(device, baseModel('tiny-b').base, options)).dispose();
  run.dispose();
  expect(device.counts()).toEqual([0, 0, 1]);
});

it('lets go of a deleted base model', async () => {
  const [keeper, device, { base }] = [new BaseKeeper(), executor(), baseModel()];
  const run = await keeper.open(device, base, options);
  keeper.forget('tiny-b');
  expect(device.counts()).toEqual([2]);
  keeper.forget('tiny-a');
  expect(device.counts()).toEqual([1]);
  (await keeper.open(device, base, options)).dispose();
  expect(device.counts()).toEqual([1, 1]);
  run.dispose();
});

const full = () => new StudioError('out-of-memory', 'It is full.', 'Choose less.');

it('makes room of what only it holds where a session does not fit', async () => {
  const device = executor(async (given) => {
    const isFirst = given.base === device.holds[0];
    if (isFirst && device.holds[0]!.allocatedBytes > 0) throw full();
    return referenceExecutor.open(given);
  });
  const [keeper, { base }] = [new BaseKeeper(), baseModel()];
  (await keeper.open(device, base, options)).dispose();
  (await keeper.open(device, base, options)).dispose();
  expect(device.counts()).toEqual([0, 1]);
});

it('tells of a session that does not fit even so, and keeps nothing that may not be whole', async () => {
  const device = executor(() => Promise.reject(full()));
  await expect(new BaseKeeper().open(device, baseModel().base, options)).rejects.toMatchObject({
    code: 'out-of-memory',
  });
  expect(device.counts()).toEqual([0]);
});
