/** What a run finds ready: counted, on an ONNX executor whose models compute nothing, and on the reference. */
import * as module from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { loadBaseModel } from '../../../test/golden/base-model';
import { diskSource } from '../../../test/golden/disk-source';
import { lora } from '../../adapters/methods/lora';
import type { Dataset } from '../../data/dataset';
import { textsOf } from '../../data/texts';
import { defaultSettings, type RunSettings } from '../../runs/settings';
import type { Executor } from '../../runtime/executor';
import { OnnxExecutor } from '../../runtime/onnx/executor';
import { ortOf } from '../../runtime/onnx/ort';
import { referenceExecutor } from '../../runtime/reference/reference';
import { withVirtualTokens } from '../../train/batch';
import { EncodedRows } from '../data/encoded-rows';
import type { OpenedExecutor } from '../executors';
import { BaseKeeper } from '../models/base-keeper';
import { type LoadedBaseModel, storedBase } from '../models/base-models';
import { Readiness } from './readiness';
import { prepareRun } from './run-preparation';

const tiny = await loadBaseModel(diskSource, 'models/tiny-a');
const texts = ['one', 'two', 'three', 'four', 'five'];
const labels = Uint32Array.from(texts, (_, i) => i % 2);
const dataset: Dataset = {
  ...{ id: 'd', name: 'Numbers', task: 'classification', fingerprint: 'f', labelNames: ['odd', 'even'] },
  splits: { train: { texts: textsOf(texts), labels }, validation: { texts: textsOf(texts), labels } },
};
const settings: RunSettings = {
  ...defaultSettings,
  ...{ baseModel: 'tiny-a', method: 'lora', methodConfig: lora.defaultConfig!, maxLength: 8, batchSize: 2 },
};
const none = { parent: null, composed: [] };

/** A studio's parts, and counts of what takes long. */
function studio() {
  const counts = { models: 0, texts: 0, weights: 0 };
  const encode = (text: string, maxLength: number) => {
    counts.texts += 1;
    return Uint32Array.from(
      text.slice(0, Math.min(maxLength, 6)),
      (letter) => 5 + (letter.charCodeAt(0) % 20),
    );
  };
  const base: LoadedBaseModel = {
    ...tiny,
    id: 'tiny-a',
    identity: { name: 'tiny-a', revision: null, fingerprint: 'f' },
    storage: 'checkpoint',
    frozen: {
      ...tiny.frozen,
      read: (name) => {
        counts.weights += 1;
        return tiny.frozen.read(name);
      },
    },
    tokenizer: { encode, encodePair: encode as never },
  };
  const createSession = async () => {
    counts.models += 1;
    return { release: async () => {} } as never;
  };
  const onnx = new OnnxExecutor({ ...ortOf(module as never, 1), createSession });
  const [keeper, rows] = [new BaseKeeper(), new EncodedRows()];
  const readiness = new Readiness({
    models: { load: async () => base },
    datasets: { get: async () => dataset },
    ...{ keeper, rows, savedAdapters: async () => none },
  });
  /** As `ActiveRun` begins: until its first step may be taken. */
  const begin = async (of: RunSettings) => {
    const stored = storedBase(base, of.baseStorage);
    const { built, plan, initial } = await prepareRun(of, dataset, stored, none, rows, () => {});
    const largest = withVirtualTokens(built.batchForm, plan.largest);
    const { programs } = built;
    const session = await keeper.open(onnx, stored, { programs, tensors: initial, largest });
    await session.ready();
    session.dispose();
  };
  return { readiness, counts, onnx, begin };
}

const opening = (executor: Executor) => async () => ({ executor }) as OpenedExecutor;

it('leaves a run no model to make, no weight to read and no text to tokenize', async () => {
  const { readiness, counts, onnx, begin } = studio();
  await readiness.make({ settings, datasetId: 'd' }, opening(onnx));
  const ready = { ...counts };
  expect(ready).toMatchObject({ models: 1, texts: 10 });
  expect(ready.weights).toBeGreaterThan(10);
  // What changes nothing of what is computed may still be typed; a second run finds all of it too.
  await begin({ ...settings, learningRate: 0.5, epochs: 1, seed: 3 });
  await begin(settings);
  expect(counts).toEqual(ready);
  await begin({ ...settings, dropout: false });
  expect(counts).toEqual({ ...ready, models: 2 });
});

it('begins nothing after a stop, and leaves an older choice where it is', async () => {
  const { readiness, counts, onnx } = studio();
  const stopped = readiness.make({ settings, datasetId: 'd' }, opening(onnx));
  readiness.stop();
  await stopped;
  const older = readiness.make({ settings, datasetId: 'd' }, opening(onnx));
  const latest = readiness.make({ settings: { ...settings, dropout: false }, datasetId: 'd' }, opening(onnx));
  await Promise.all([older, latest]);
  expect(counts).toMatchObject({ models: 1, texts: 10 });
});

it('tells how many rows ONNX Runtime trains in a second, and of no other executor', async () => {
  const { readiness } = studio();
  const choice = { settings, datasetId: 'd' };
  expect(await readiness.tryOut(choice, opening({ ...referenceExecutor, name: 'onnx' }))).toEqual({
    baseModel: 'tiny-a',
    rowsPerSecond: expect.any(Number),
  });
  expect(await readiness.tryOut(choice, opening(referenceExecutor))).toBeNull();
});

it('tells nothing of an executor that is not there', async () => {
  const { readiness } = studio();
  const trial = readiness.tryOut({ settings, datasetId: 'd' }, () => Promise.reject(new Error('no device')));
  expect(await trial).toBeNull();
});
