/** A recorded whole run (`runs/<id>`): from CSV text to the final logits, against an executor. */

import type { AdapterConfig } from '../../src/adapters/config';
import { methodById } from '../../src/adapters/registry';
import { paddedEntries } from '../../src/data/collate';
import { parseTable } from '../../src/data/csv';
import { orderLabels } from '../../src/data/dataset';
import { loadTokenizer, type Tokenizer } from '../../src/data/tokenizer';
import { packParameters } from '../../src/graph/parameters';
import { defaultHead } from '../../src/heads/classification';
import type { Executor } from '../../src/runtime/executor';
import { toExecutorBatch } from '../../src/train/batch';
import { evaluateSplit } from '../../src/train/evaluate';
import { countedParameters, totalFlos } from '../../src/train/flos';
import { collateRows, type EncodedSplit } from '../../src/train/plan';
import { buildTraining } from '../../src/train/programs';
import { scheduleFactor } from '../../src/train/schedule';
import { loadBaseModel } from './base-model';
import { allowed, type Check, relativeError } from './compare';
import { type FixtureSource, readJson, readTensors } from './source';

interface RunFixture {
  readonly arguments: {
    readonly base: string;
    readonly method: string;
    readonly max_length: number;
    readonly padding: 'longest' | 'max_length';
    readonly eval_batch_size: number;
    readonly lr: number;
    readonly weight_decay: number;
    readonly warmup_steps: number;
    readonly scheduler: 'linear' | 'constant' | 'cosine';
    readonly max_grad_norm: number;
    readonly accumulation: number;
  };
  readonly adapter_config: AdapterConfig | null;
  readonly labels: readonly string[];
  readonly steps: readonly {
    readonly loss: number;
    readonly grad_norm: number;
    readonly learning_rate: number;
  }[];
  readonly eval: readonly {
    readonly step: number;
    readonly loss: number;
    readonly accuracy: number;
    readonly macro_f1: number;
  }[];
  readonly final_eval_logits: readonly (readonly number[])[];
  readonly total_flos: number;
}

const runIds = ['lora', 'seq_bn', 'head_only', 'ia3', 'prefix_tuning', 'lora_accumulation2', 'full'] as const;

/** Ids of the runs that a folder holds. */
export async function recordedRuns(source: FixtureSource): Promise<readonly string[]> {
  const found = await Promise.all(
    runIds.map((id) =>
      source.bytes(`runs/${id}/run.json`).then(
        () => id,
        () => null,
      ),
    ),
  );
  return found.filter((id) => id !== null);
}

async function encodeCsv(
  source: FixtureSource,
  path: string,
  labels: readonly string[] | null,
  tokenizer: Tokenizer,
  maxLength: number,
) {
  const { columns, rows } = parseTable(new TextDecoder().decode(await source.bytes(path)), path);
  const [text, label] = [columns.indexOf('text'), columns.indexOf('label')];
  const names = labels ?? orderLabels(rows.map((row) => row[label]!));
  const split: EncodedSplit = {
    ids: rows.map((row) => tokenizer.encode(row[text]!, maxLength)),
    labels: Uint32Array.from(rows, (row) => names.indexOf(row[label]!)),
  };
  return { split, names };
}

/** Replays the run from its text: token ids, order, every loss, the evaluations, the final logits, the FLOPs. */
export async function checkRun(
  source: FixtureSource,
  executor: Executor,
  id: string,
): Promise<readonly Check[]> {
  const run = await readJson<RunFixture>(source, `runs/${id}/run.json`);
  const { lr, weight_decay, warmup_steps, scheduler, max_grad_norm, max_length, eval_batch_size } =
    run.arguments;
  const base = await loadBaseModel(source, `models/${run.arguments.base}`);
  const folder = `models/${run.arguments.base}`;
  const tokenizer = loadTokenizer(
    await readJson(source, `${folder}/tokenizer.json`),
    await readJson(source, `${folder}/tokenizer_config.json`),
  );
  const train = await encodeCsv(source, 'runs/train.csv', null, tokenizer, max_length);
  const validation = await encodeCsv(source, 'runs/eval.csv', train.names, tokenizer, max_length);
  if (train.names.join() !== run.labels.join())
    throw new Error(`run ${id}: labels ${train.names}, recorded ${run.labels}`);
  const order = await readJson<readonly (readonly number[])[]>(source, 'runs/order.json');
  const built = buildTraining({
    model: base.config,
    method: methodById(run.arguments.method),
    methodConfig: run.adapter_config,
    adapterName: 'main',
    head: defaultHead('main', train.names.length),
    dropout: false,
  });
  const { parameters } = built.programs;
  const session = await executor.open({
    programs: built.programs,
    frozen: base.frozen,
    largest: {
      tokens: Math.max(...order.map((batch) => batch.length), eval_batch_size) * max_length,
      sequences: 64,
    },
  });
  try {
    const zeros = new Float32Array(parameters.totalFloats);
    const initial = packParameters(parameters, await readTensors(source, `runs/${id}/init.safetensors`));
    session.writeState({ parameters: initial, exponentialAverage: zeros, exponentialAverageSquared: zeros });
    const checks: Check[] = [];
    const ragged = { mode: 'ragged' } as const;
    const evaluate = async (step: number) => {
      const recorded = run.eval.find((e) => e.step === step);
      const result = await evaluateSplit(session, validation.split, base.tables, base.config, {
        batchSize: eval_batch_size,
        padding: ragged,
        form: built.batchForm,
        labels: train.names.length,
      });
      if (!recorded || !result) return;
      checks.push({
        what: `evaluation at ${step} loss`,
        error: relativeError([result.loss], [recorded.loss]),
        allowed: allowed.runLoss,
      });
      checks.push({
        what: `evaluation at ${step} accuracy`,
        error: Math.abs(result.accuracy - recorded.accuracy),
        allowed: 1e-9,
      });
      checks.push({
        what: `evaluation at ${step} macro F1`,
        error: Math.abs(result.macroF1 - recorded.macro_f1),
        allowed: 1e-9,
      });
      if (step === order.length / run.arguments.accumulation) {
        const error = Math.max(
          ...run.final_eval_logits.flatMap((row, i) =>
            row.map((logit, c) => Math.abs(logit - result.logits[i * row.length + c]!)),
          ),
        );
        checks.push({ what: 'final logits', error, allowed: allowed.runLogits });
      }
    };
    await evaluate(0);
    const losses: number[] = [];
    const { accumulation } = run.arguments;
    const steps = order.length / accumulation;
    for (let t = 0; t < steps; t++) {
      const microBatches = order.slice(t * accumulation, (t + 1) * accumulation);
      const learningRate = lr * scheduleFactor(scheduler, t, steps, warmup_steps);
      checks.push({
        what: `step ${t + 1} learning rate`,
        error: Math.abs(learningRate - run.steps[t]!.learning_rate),
        allowed: 1e-12,
      });
      await session.ready();
      await session.trainStep(
        microBatches.map((indices) =>
          toExecutorBatch(
            collateRows(train.split, indices, ragged),
            base.tables,
            base.config,
            built.batchForm,
          ),
        ),
        {
          step: t + 1,
          learningRate,
          weightDecay: weight_decay,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          maxGradNorm: max_grad_norm,
          accumulation: 'mean' as const,
          seed: 0,
          microStep: t * accumulation,
        },
      );
      const isEvaluated = run.eval.some((e) => e.step === t + 1);
      losses.push(...(await session.takeMetrics(isEvaluated)).map(({ loss }) => loss));
      if (isEvaluated) await evaluate(t + 1);
    }
    losses.push(...(await session.takeMetrics(true)).map(({ loss }) => loss));
    run.steps.forEach(({ loss }, t) => {
      checks.push({
        what: `step ${t + 1} loss`,
        error: relativeError([losses[t]!], [loss]),
        allowed: allowed.runLoss,
      });
    });
    const final = await readTensors(source, `runs/${id}/final.safetensors`);
    const state = await session.readState();
    for (const { name, offset, length } of parameters.parameters) {
      // Softmax does not see a key's bias: its exact gradient is zero, and what moves it is rounding (fixtures README §6).
      if (name.endsWith('.attention.self.key.bias')) continue;
      const error = relativeError(state.parameters.subarray(offset, offset + length), final.get(name)!.data);
      checks.push({ what: `final ${name}`, error, allowed: allowed.runFinal });
    }
    const entries = order.reduce(
      (sum, indices) =>
        sum +
        paddedEntries(
          indices.map((i) => train.split.ids[i]!.length),
          run.arguments.padding === 'max_length'
            ? { mode: 'max_length', length: max_length }
            : { mode: 'longest' },
        ),
      0,
    );
    const flos = totalFlos(entries, countedParameters(base.config, built, { maskedLmHead: false }));
    checks.push({ what: 'total FLOPs', error: Math.abs(flos - run.total_flos), allowed: 0 });
    return checks;
  } finally {
    session.dispose();
  }
}
