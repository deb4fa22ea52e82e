/** One recorded method of the fixtures (`methods/<id>`): what it holds, and its comparison with an executor. */

import type { AdapterConfig } from '../../src/adapters/config';
import { methodOfConfig } from '../../src/adapters/registry';
import { collate } from '../../src/data/collate';
import { StudioError } from '../../src/errors';
import { packParameters } from '../../src/graph/parameters';
import type { Executor, ExecutorBatch, Session } from '../../src/runtime/executor';
import { toExecutorBatch } from '../../src/train/batch';
import { type BuiltTraining, buildTraining } from '../../src/train/programs';
import { scheduleFactor } from '../../src/train/schedule';
import { type BaseModel, loadBaseModel } from './base-model';
import { allowed, allowedGradient, type Check, largestAbsolute, relativeError } from './compare';
import { type FixtureSource, readJson, readTensors, type TensorMap } from './source';

interface TrajectoryConfig {
  readonly steps: number;
  readonly lr: number;
  readonly weight_decay: number;
  readonly warmup_steps: number;
  readonly max_grad_norm: number | null;
  readonly batch_order: readonly number[];
  readonly accumulation?: number;
  readonly accumulation_mode?: 'mean' | 'sum';
}

interface Trajectory {
  readonly config: TrajectoryConfig;
  readonly start: 'init' | 'pert';
  readonly log: readonly {
    readonly loss: number;
    readonly grad_norm: number;
    readonly learning_rate: number;
  }[];
  readonly final: Readonly<
    Record<string, { readonly f32_vs_f64_abs: number; readonly rounding_dominated: boolean }>
  >;
  readonly f32_vs_f64: { readonly loss_rel: number; readonly grad_norm_rel: number };
}

interface MethodFixture {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly adapters: Readonly<Record<string, { readonly config: AdapterConfig }>>;
  readonly setup: unknown;
  readonly heads: readonly {
    readonly name: string;
    readonly num_labels: number;
    readonly layers?: 1 | 2;
    readonly activation_function?: string;
    readonly multilabel?: boolean;
  }[];
  readonly labels: string;
  readonly batch: number;
  readonly forward_extra: readonly unknown[];
  readonly trainable: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly weight_decay: boolean;
  }[];
  readonly n_trainable: number;
  readonly states: Readonly<Record<'init' | 'pert', { readonly loss: number }>>;
  readonly trajectories: Readonly<Record<string, Trajectory>>;
}

interface RecordedBatch {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly [labels: string]: readonly unknown[];
}

export interface MethodCase {
  readonly fixture: MethodFixture;
  readonly base: BaseModel;
  readonly built: BuiltTraining;
  readonly batches: readonly ExecutorBatch[];
  readonly tensors: TensorMap;
}

/** Rows of `hidden` tensors that are real tokens, in batch order: the fixtures are padded, the studio is ragged. */
function realRows(batch: RecordedBatch, padded: Float32Array, width: number): Float32Array {
  const rows: Float32Array[] = [];
  const length = batch.input_ids[0]!.length;
  batch.attention_mask.forEach((mask, sequence) => {
    mask.forEach((real, position) => {
      const row = (sequence * length + position) * width;
      if (real) rows.push(padded.subarray(row, row + width));
    });
  });
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(row, i * width);
  });
  return out;
}

/** The methods this studio claims; every one that a fixtures folder records must be supported. */
const requiredMethods = [
  'lora_default',
  'lora_r4_a16_all',
  'lora_3labels',
  'lora_leave_out_bert',
  'seq_bn_default',
  'seq_bn_rf4_gelu',
  'seq_bn_rf2_swish',
  'head_only',
] as const;

/** Required methods that the folder records and the studio does not support; none, it is hoped. */
export async function unsupportedRequired(source: FixtureSource): Promise<readonly string[]> {
  const index = await readJson<{ methods: readonly { id: string }[] }>(source, 'methods/index.json');
  const supported = await supportedMethods(source);
  return requiredMethods.filter((id) => index.methods.some((m) => m.id === id) && !supported.includes(id));
}

/** Ids of the recorded methods that this studio supports: it can build their programs. */
export async function supportedMethods(source: FixtureSource): Promise<readonly string[]> {
  const index = await readJson<{ methods: readonly { id: string; kind: string }[] }>(
    source,
    'methods/index.json',
  );
  const supported: string[] = [];
  for (const { id, kind } of index.methods) {
    if (kind !== 'adapter' && kind !== 'head') continue;
    const fixture = await readJson<MethodFixture>(source, `methods/${id}/fixture.json`);
    if (isSupported(fixture)) supported.push(id);
  }
  return supported;
}

function isSupported(fixture: MethodFixture): boolean {
  const single =
    Object.keys(fixture.adapters).length <= 1 &&
    (fixture.setup === null || typeof fixture.setup === 'string');
  const [head] = fixture.heads;
  if (!single || fixture.heads.length !== 1 || fixture.forward_extra.length > 0) return false;
  if (!head || head.multilabel || head.num_labels < 2 || !/^labels_\d$/.test(fixture.labels)) return false;
  const config = Object.values(fixture.adapters)[0]?.config ?? null;
  try {
    const model = { hiddenSize: 48, intermediateSize: 96, numHiddenLayers: 3 } as BaseModel['config'];
    methodOfConfig(config).build(config ?? {}, model, 'main');
    return true;
  } catch (error) {
    if (error instanceof StudioError) return false;
    throw error;
  }
}

export async function loadMethodCase(source: FixtureSource, id: string): Promise<MethodCase> {
  const fixture = await readJson<MethodFixture>(source, `methods/${id}/fixture.json`);
  const base = await loadBaseModel(source, `models/${fixture.model}`);
  const recorded = await readJson<readonly RecordedBatch[]>(source, 'methods/batches.json');
  const [adapterName, adapter] = Object.entries(fixture.adapters)[0] ?? ['main', null];
  const [head] = fixture.heads;
  const built = buildTraining({
    model: base.config,
    method: methodOfConfig(adapter?.config ?? null),
    methodConfig: adapter?.config ?? null,
    adapterName,
    head: {
      name: head!.name,
      numLabels: head!.num_labels,
      layers: head!.layers ?? 2,
      activationFunction: head!.activation_function ?? 'tanh',
      bias: true,
    },
    dropout: false,
    captureHidden: true,
  });
  const batches = recorded.map((batch) => {
    const rows = batch.input_ids.map((ids, i) =>
      Uint32Array.from(ids.filter((_, position) => batch.attention_mask[i]![position])),
    );
    return toExecutorBatch(
      collate(rows, Uint32Array.from(batch[fixture.labels] as number[]), { mode: 'ragged' }),
      base.tables,
      base.config,
    );
  });
  const tensors = await readTensors(source, `methods/${id}/tensors.safetensors`);
  return { fixture, base, built, batches, tensors };
}

export function openCase(executor: Executor, { base, built, batches }: MethodCase): Promise<Session> {
  return executor.open({
    programs: built.programs,
    frozen: base.frozen,
    largest: {
      tokens: 2 * Math.max(...batches.map((batch) => batch.tokens)),
      sequences: Math.max(...batches.map((batch) => batch.sequences)),
    },
  });
}

function writeParameters(session: Session, { built, tensors }: MethodCase, state: 'init' | 'pert'): void {
  const { parameters } = built.programs;
  const named = new Map(
    parameters.parameters.map(({ name }) => [name, tensors.get(`${state}/param/${name}`)!]),
  );
  const zeros = new Float32Array(parameters.totalFloats);
  session.writeState({
    parameters: packParameters(parameters, named),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
}

/** The parameters the studio trains are exactly the reference's, decay group included. */
export function checkParameters({ fixture, built }: MethodCase): readonly string[] {
  const describeParameter = (p: { name: string; shape: readonly number[] }, decayed: boolean) =>
    `${p.name} [${p.shape}] ${decayed ? 'decayed' : ''}`;
  const mine = built.programs.parameters.parameters.map((p) => describeParameter(p, p.weightDecay)).sort();
  const theirs = fixture.trainable.map((p) => describeParameter(p, p.weight_decay)).sort();
  return mine.filter((line) => !theirs.includes(line)).concat(theirs.filter((line) => !mine.includes(line)));
}

/** Logits, loss, hidden states and every gradient at a recorded state. */
export async function checkState(
  session: Session,
  method: MethodCase,
  state: 'init' | 'pert',
  source: FixtureSource,
): Promise<readonly Check[]> {
  const { fixture, tensors, built, batches, base } = method;
  writeParameters(session, method, state);
  const batch = batches[fixture.batch]!;
  const recorded = (await readJson<readonly RecordedBatch[]>(source, 'methods/batches.json'))[fixture.batch]!;
  const evaluated = await session.evaluate(batch);
  const checks: Check[] = [
    {
      what: `${state} logits`,
      error: relativeError(evaluated.logits, tensors.get(`${state}/logits`)!.data),
      allowed: allowed.output,
    },
    {
      what: `${state} loss`,
      error: relativeError([evaluated.loss], [fixture.states[state].loss]),
      allowed: allowed.output,
    },
  ];
  for (let i = 0; i <= base.config.numHiddenLayers; i++) {
    const expected = tensors.get(`${state}/act/hidden.${i}`);
    if (!expected) continue;
    const real = realRows(recorded, expected.data, base.config.hiddenSize);
    checks.push({
      what: `${state} hidden.${i}`,
      error: relativeError(evaluated.extra[`hidden.${i}`]!, real),
      allowed: allowed.hidden,
    });
  }
  const { loss, gradients } = await session.gradients(batch, { seed: 0, microStep: 0 });
  checks.push({
    what: `${state} train loss`,
    error: relativeError([loss], [fixture.states[state].loss]),
    allowed: allowed.output,
  });
  const { parameters } = built.programs.parameters;
  const expectedOf = (name: string) => tensors.get(`${state}/grad/${name}`);
  const largest = Math.max(...parameters.map(({ name }) => largestAbsolute(expectedOf(name)?.data ?? [])));
  for (const { name, offset, length } of parameters) {
    const expected = expectedOf(name);
    if (!expected) throw new Error(`${fixture.id}: no recorded gradient of ${name}`);
    const error = relativeError(gradients.subarray(offset, offset + length), expected.data, 1e-3 * largest);
    checks.push({ what: `${state} grad ${name}`, error, allowed: allowedGradient(name) });
  }
  return checks;
}

/** Trajectories the trainer can follow: everything but the library's summed accumulation. */
export function trajectoriesOf({ fixture }: MethodCase): readonly string[] {
  return Object.entries(fixture.trajectories)
    .filter(([, t]) => t.config.accumulation_mode !== 'sum')
    .map(([name]) => name);
}

const meanLoss = (loss: number | readonly number[]) =>
  typeof loss === 'number' ? loss : loss.reduce((a, b) => a + b, 0) / loss.length;

/** Trains along a recorded trajectory: every loss, gradient norm, and the final parameters. */
export async function checkTrajectory(
  session: Session,
  method: MethodCase,
  name: string,
): Promise<readonly Check[]> {
  const { fixture, tensors, built, batches } = method;
  const { config, start, log, final, f32_vs_f64: rounding } = fixture.trajectories[name]!;
  writeParameters(session, method, start);
  const accumulation = config.accumulation ?? 1;
  const checks: Check[] = [];
  for (let t = 0; t < config.steps; t++) {
    const micro = config.batch_order.slice(t * accumulation, (t + 1) * accumulation).map((i) => batches[i]!);
    const learningRate = config.lr * scheduleFactor('linear', t, config.steps, config.warmup_steps);
    checks.push({
      what: `${name} step ${t + 1} learning rate`,
      error: relativeError([learningRate], [log[t]!.learning_rate]),
      allowed: 1e-9,
    });
    await session.ready();
    await session.trainStep(micro, {
      step: t + 1,
      learningRate,
      weightDecay: config.weight_decay,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: config.max_grad_norm ?? 0,
      seed: 0,
      microStep: t * accumulation,
    });
  }
  const metrics = await session.takeMetrics(true);
  if (metrics.length !== config.steps)
    throw new Error(`${fixture.id} ${name}: ${metrics.length} steps, expected ${config.steps}`);
  metrics.forEach(({ loss, gradientNorm, skipped }, t) => {
    if (skipped) throw new Error(`${fixture.id} ${name}: step ${t + 1} was skipped`);
    const at = `${name} step ${t + 1}`;
    checks.push({
      what: `${at} loss`,
      error: relativeError([loss], [meanLoss(log[t]!.loss)]),
      allowed: Math.max(1e-4, 20 * rounding.loss_rel),
    });
    checks.push({
      what: `${at} gradient norm`,
      error: relativeError([gradientNorm], [log[t]!.grad_norm]),
      allowed: Math.max(5e-4, 20 * rounding.grad_norm_rel),
    });
  });
  const state = await session.readState();
  for (const { name: parameter, offset, length } of built.programs.parameters.parameters) {
    const expected = tensors.get(`traj/${name}/final/${parameter}`);
    const recorded = final[parameter];
    if (!expected || !recorded || recorded.rounding_dominated) continue;
    let error = 0;
    for (let i = 0; i < length; i++)
      error = Math.max(error, Math.abs(state.parameters[offset + i]! - expected.data[i]!));
    checks.push({
      what: `${name} final ${parameter}`,
      error,
      allowed: Math.max(0.05 * config.lr, 20 * recorded.f32_vs_f64_abs),
    });
  }
  return checks;
}
