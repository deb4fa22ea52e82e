/**
 * `npx vitest run --project bench bench/storage`: what the storage of the base model does to an adapter. Trains LoRA on
 * `roberta-tiny` and 512 rows of Rotten Tomatoes for each storage, same seed, and prints accuracy and how far the logits of
 * one and the same trained adapter move. For docs/numerics.md; asserts nothing.
 */
import { it } from 'vitest';
import { lora } from '../src/adapters/lora';
import { parseTable } from '../src/data/csv';
import { orderLabels } from '../src/data/dataset';
import { loadTokenizer } from '../src/data/tokenizer';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { storedAs } from '../src/models/base-weights';
import { defaultSettings, type RunSettings } from '../src/protocol/settings';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { evaluateSplit } from '../src/train/evaluate';
import { initialize } from '../src/train/initialize';
import { type EncodedSplit, planRun } from '../src/train/plan';
import { buildTraining } from '../src/train/programs';
import { runTraining } from '../src/train/trainer';
import { loadBaseModel } from '../test/golden/base-model';
import { relativeError } from '../test/golden/compare';
import { type FixtureSource, readJson } from '../test/golden/source';

const site: FixtureSource = {
  list: async () => [],
  async bytes(path) {
    return new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer());
  },
};
const folder = 'models/roberta-tiny';
const storages = ['f32', 'f16', 'int8'] as const;

const device = await acquireDevice(navigator.gpu);
const base = await loadBaseModel(site, folder);
const tokenizer = loadTokenizer(
  await readJson(site, `${folder}/tokenizer.json`),
  await readJson(site, `${folder}/tokenizer_config.json`),
);
const settings: RunSettings = {
  ...defaultSettings,
  method: lora.id,
  methodConfig: lora.defaultConfig!,
  learningRate: 1e-3,
  epochs: 3,
  trainingRows: 512,
};

async function encode(name: string): Promise<EncodedSplit> {
  const path = `datasets/rotten_tomatoes/${name}.csv`;
  const { columns, rows } = parseTable(new TextDecoder().decode(await site.bytes(path)), path);
  const [text, label] = [columns.indexOf('text'), columns.indexOf('label')];
  const names = orderLabels(rows.map((row) => row[label]!));
  return {
    ids: rows.map((row) => tokenizer.encode(row[text]!, settings.maxLength)),
    labels: Uint32Array.from(rows, (row) => names.indexOf(row[label]!)),
  };
}

it('what the storage of the base model does', async () => {
  const [train, validation] = [await encode('train'), await encode('validation')];
  const plan = planRun(settings, train, [validation]);
  const { programs, trainable, batchForm } = buildTraining({
    model: base.config,
    method: lora,
    methodConfig: settings.methodConfig,
    adapterName: 'bench',
    head: defaultHead('bench', 2),
    dropout: true,
  });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  const initial = packParameters(programs.parameters, await initialize(trainable, 42, async () => undefined));
  const open = (storage: (typeof storages)[number]) =>
    new WebGpuExecutor(device).open({
      programs,
      frozen: storedAs(base.config, base.frozen, storage),
      largest: plan.largest,
    });
  const write = (session: Awaited<ReturnType<typeof open>>, parameters: Float32Array) =>
    session.writeState({ parameters, exponentialAverage: zeros, exponentialAverageSquared: zeros });
  const evaluate = (session: Awaited<ReturnType<typeof open>>) =>
    evaluateSplit(session, validation, base.tables, base.config, {
      batchSize: settings.evaluationBatchSize,
      padding: { mode: 'ragged' },
      form: batchForm,
      labels: 2,
    });
  let trainedInFull: Float32Array = initial;
  let logitsInFull: Float32Array | null = null;
  for (const storage of storages) {
    const session = await open(storage);
    try {
      write(session, initial);
      const started = performance.now();
      let last = '';
      await runTraining(
        {
          settings,
          plan,
          train,
          validation,
          labels: 2,
          form: batchForm,
          model: base.config,
          tables: base.tables,
          session,
          firstStep: 0,
          lastEvaluatedStep: -1,
        },
        { pauseRequested: () => false, stop: new AbortController().signal },
        {
          onSteps: () => {},
          onEvaluation: ({ epoch, loss, accuracy }) => {
            last = `after ${epoch} epochs validation loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`;
          },
          onEvaluationProgress: () => {},
          onPaused: async () => {},
          checkpointIsDue: () => false,
          onCheckpoint: async () => {},
        },
      );
      const seconds = (performance.now() - started) / 1000;
      if (storage === 'f32') trainedInFull = (await session.readState()).parameters;
      // One adapter on every storage: only the base model differs.
      write(session, trainedInFull);
      const same = (await evaluate(session))!;
      logitsInFull ??= same.logits;
      console.log(
        `${storage}: ${last}, ${seconds.toFixed(0)} s; the adapter trained in f32: accuracy ${same.accuracy.toFixed(4)}, logits differ by ${relativeError(same.logits, logitsInFull).toExponential(1)} of the largest`,
      );
    } finally {
      session.dispose();
    }
  }
});
