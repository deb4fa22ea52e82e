/** A recorded whole run (`runs/<id>`): from CSV text to the final logits, against an executor. */

import type { AdapterConfig } from '../../src/adapters/config';
import { methodById } from '../../src/adapters/registry';
import { ownerOf } from '../../src/adapters/tensor-names';
import { type Padding, paddedEntries } from '../../src/data/collate';
import { parseTable } from '../../src/data/csv/table';
import { orderLabels } from '../../src/data/dataset';
import { loadTokenizer, type Tokenizer } from '../../src/data/tokenizer';
import type { AdapterBundle } from '../../src/formats/bundle';
import { readAdapter } from '../../src/formats/read-adapter';
import { packParameters } from '../../src/graph/parameters';
import { defaultHead } from '../../src/heads/classification';
import { scheduleFactor } from '../../src/runs/schedule';
import type { Executor, StepMetrics } from '../../src/runtime/executor';
import { toExecutorBatch, withVirtualTokens } from '../../src/train/batch';
import { evaluateSplit } from '../../src/train/evaluate';
import { countedParameters, totalFlos } from '../../src/train/flos';
import { collateRows, type EncodedSplit } from '../../src/train/plan';
import { buildTraining } from '../../src/train/programs';
import { withTensors } from '../with-tensors';
import { loadBaseModel } from './base-model';
import { allowed, type Check, largestAbsolute, relativeError } from './compare';
import { checkTensors } from './save-and-load';
import { type FixtureSource, readFolder, readJson, readTensors, type TensorMap } from './source';
import { recordedLoss } from './trajectory-check';

interface RunFixture {
  readonly arguments: {
    readonly base: string;
    readonly method: string;
    readonly max_length: number;
    readonly padding: 'longest' | 'max_length';
    readonly eval_batch_size: number;
    readonly lr: number;
    readonly weight_decay: number;
    readonly scheduler: 'linear' | 'constant' | 'cosine';
    readonly max_grad_norm: number;
    readonly accumulation: number;
    readonly accumulation_mode: 'mean' | 'sum';
    readonly head_layers: number;
    readonly task: string;
    readonly dropout: 'on' | 'off';
  };
  /** What `warmup_steps` and `warmup_ratio` of the arguments come to. */
  readonly warmup_steps: number;
  readonly adapter_config: AdapterConfig | null;
  readonly labels: readonly string[];
  readonly steps: readonly {
    /** Their mean is `loss`, whatever the step follows. */
    readonly micro_losses: readonly number[];
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

/** Ids of the runs that a folder holds. Throws where there is none. */
export async function recordedRuns(source: FixtureSource): Promise<readonly string[]> {
  const ids = (await source.list('runs')).flatMap((path) => /^([^/]+)\/run\.json$/.exec(path)?.[1] ?? []);
  if (ids.length === 0) throw new Error('there is no runs/<id>/run.json');
  return ids;
}

/** The adapter that Python saved at the end, which holds no encoder: full fine-tuning saves its head only. */
async function savedAdapter(source: FixtureSource, id: string): Promise<AdapterBundle> {
  return readAdapter(await readFolder(source, `runs/${id}/adapter`), id);
}

/** The saved adapter's tensors are the final ones, bit by bit, and none of adapter or head is missing. */
function savedChecks(
  { tensors, headTensors }: AdapterBundle,
  final: TensorMap,
  trainable: readonly { readonly name: string }[],
): readonly Check[] {
  const expected = new Map(
    trainable.flatMap(({ name }) => (ownerOf(name) === null ? [] : [[name, final.get(name)!] as const])),
  );
  // Beside them the file has tensors that never train, and a prefix once for each layer.
  const got = new Map([...tensors, ...headTensors].filter(([name]) => expected.has(name)));
  return [checkTensors(got, expected, 'saved adapter')];
}

/** Gates average over padded positions, so their batches must be padded as the recorded ones were. */
function paddingOf({ arguments: { padding, max_length }, adapter_config }: RunFixture): Padding {
  if (!JSON.stringify(adapter_config).includes('"use_gating":true')) return { mode: 'ragged' };
  return padding === 'max_length' ? { mode: 'max_length', length: max_length } : { mode: 'longest' };
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

/**
 * Replays the run from its text: token ids, order, every loss and gradient norm, the evaluations, the final logits and parameters,
 * the saved adapter, the FLOPs.
 */
export async function checkRun(
  source: FixtureSource,
  executor: Executor,
  id: string,
): Promise<readonly Check[]> {
  const run = await readJson<RunFixture>(source, `runs/${id}/run.json`);
  if (run.arguments.task !== 'classification' || run.arguments.dropout !== 'off')
    throw new Error(`run ${id}: the suite replays classification without dropout only`);
  const { lr, weight_decay, scheduler, max_grad_norm, max_length, eval_batch_size } = run.arguments;
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
    head: { ...defaultHead('main', train.names.length), layers: run.arguments.head_layers },
    dropout: false,
  });
  const saved = await savedAdapter(source, id);
  const padding = paddingOf(run);
  const { parameters } = built.programs;
  const session = await executor.open({
    programs: built.programs,
    frozen: withTensors(base.frozen, saved.tensors),
    largest: withVirtualTokens(built.batchForm, {
      tokens: Math.max(...order.map((batch) => batch.length), eval_batch_size) * max_length,
      sequences: 64,
    }),
  });
  try {
    const zeros = new Float32Array(parameters.totalFloats);
    const initial = packParameters(parameters, await readTensors(source, `runs/${id}/init.safetensors`));
    session.writeState({ parameters: initial, exponentialAverage: zeros, exponentialAverageSquared: zeros });
    const checks: Check[] = [];
    const { accumulation, accumulation_mode } = run.arguments;
    const steps = Math.ceil(order.length / accumulation);
    const answers = () =>
      evaluateSplit(session, validation.split, base.tables, base.config, {
        batchSize: eval_batch_size,
        padding,
        form: built.batchForm,
      });
    const recordedLogits = run.final_eval_logits.flat();
    const evaluate = async (step: number) => {
      const recorded = run.eval.find((e) => e.step === step);
      const result = await answers();
      if (!recorded || !result) return;
      checks.push({
        what: `evaluation at ${step} loss`,
        error: relativeError([result.loss], [recorded.loss]),
        allowed: allowed.runLoss,
      });
      checks.push({
        what: `evaluation at ${step} accuracy`,
        error: Math.abs(result.metrics.accuracy! - recorded.accuracy),
        allowed: 1e-9,
      });
      checks.push({
        what: `evaluation at ${step} macro F1`,
        error: Math.abs(result.metrics.macroF1! - recorded.macro_f1),
        allowed: 1e-9,
      });
      if (step === steps)
        checks.push({
          what: 'final logits',
          error: largestAbsolute(result.logits.map((logit, i) => logit - recordedLogits[i]!)),
          allowed: allowed.runLogits,
        });
    };
    await evaluate(0);
    const metrics: StepMetrics[] = [];
    for (let t = 0; t < steps; t++) {
      const microBatches = order.slice(t * accumulation, (t + 1) * accumulation);
      const learningRate = lr * scheduleFactor(scheduler, t, steps, run.warmup_steps);
      checks.push({
        what: `step ${t + 1} learning rate`,
        error: Math.abs(learningRate - run.steps[t]!.learning_rate),
        allowed: 1e-12,
      });
      await session.ready();
      await session.trainStep(
        microBatches.map((indices) =>
          toExecutorBatch(
            collateRows(train.split, indices, padding),
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
          accumulation: accumulation_mode,
          seed: 0,
          microStep: t * accumulation,
        },
      );
      const isEvaluated = run.eval.some((e) => e.step === t + 1);
      metrics.push(...(await session.takeMetrics(isEvaluated)));
      if (isEvaluated) await evaluate(t + 1);
    }
    metrics.push(...(await session.takeMetrics(true)));
    run.steps.forEach(({ micro_losses, grad_norm }, t) => {
      const { loss: ownLoss, gradientNorm } = metrics[t]!;
      checks.push({
        what: `step ${t + 1} loss`,
        error: relativeError([ownLoss], [recordedLoss(micro_losses, accumulation_mode)]),
        allowed: allowed.runLoss,
      });
      checks.push({
        what: `step ${t + 1} gradient norm`,
        error: relativeError([gradientNorm], [grad_norm]),
        allowed: allowed.runGradientNorm,
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
    checks.push(...savedChecks(saved, final, built.trainable));
    const own = new Map([...final, ...saved.tensors, ...saved.headTensors]);
    session.writeState({
      parameters: packParameters(parameters, own),
      exponentialAverage: zeros,
      exponentialAverageSquared: zeros,
    });
    checks.push({
      what: 'logits of the saved adapter',
      error: relativeError((await answers())!.logits, recordedLogits),
      allowed: allowed.output,
    });
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
