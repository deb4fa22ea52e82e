/** One recorded case of the fixtures (`methods/<id>`): what it holds, and its comparison with an executor. */

import type { AdapterParts } from '../../src/adapters/builders/parts';
import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import { buildMethod } from '../../src/adapters/builders/registry';
import type { AdapterConfig } from '../../src/adapters/config';
import { full } from '../../src/adapters/methods/full';
import { type AdapterSetup, adaptersOf, branchesOf, fusionsOf } from '../../src/adapters/setup';
import { collate, type Padding } from '../../src/data/collate';
import { packParameters } from '../../src/graph/parameters';
import { type ClassificationHead, defaultHead } from '../../src/heads/classification';
import { plainLoss } from '../../src/heads/loss';
import type { EvaluationOutput, Executor, ExecutorBatch, Session } from '../../src/runtime/executor';
import { toExecutorBatch } from '../../src/train/batch';
import { countedParameters } from '../../src/train/flos';
import { type BuiltTraining, buildComposition } from '../../src/train/programs';
import { withTensors } from '../with-tensors';
import { activationChecks, withActivations } from './activations';
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
  readonly start: State;
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

export type State = 'init' | 'pert';

interface RecordedSetup {
  readonly type: string;
  readonly children: readonly (RecordedSetup | string)[];
  readonly kwargs?: { readonly weights?: readonly number[]; readonly batch_sizes?: readonly number[] };
}

/** Arguments of `add_classification_head`; the library's defaults where they are absent. */
interface RecordedHead {
  readonly name: string;
  readonly num_labels: number;
  readonly layers?: number;
  readonly activation_function?: string | null;
  readonly multilabel?: boolean;
  readonly id2label?: Readonly<Record<string, string>> | null;
  readonly use_pooler?: boolean;
  readonly bias?: boolean;
  readonly dropout_prob?: number | null;
}

export interface MethodFixture {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly adapters: Readonly<
    Record<string, { readonly config: AdapterConfig; readonly config_class: string }>
  >;
  readonly setup: RecordedSetup | string | null;
  readonly fusion?: { readonly config: AdapterConfig } | null;
  /** The adapter that trains where it is not the whole setup. */
  readonly trained: string | null;
  readonly ejected: readonly string[];
  readonly shared: readonly string[];
  readonly heads: readonly RecordedHead[];
  readonly labels: string;
  readonly batch: number;
  readonly trainable: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly weight_decay: boolean;
  }[];
  readonly n_trainable: number;
  readonly num_parameters_exclude_embeddings: number;
  readonly states: Readonly<
    Record<
      State,
      {
        readonly loss: number;
        /** Over all trainable parameters. */
        readonly grad_norm: number;
        readonly trainable_without_gradient: readonly string[];
        /** Gradients that are zero in exact arithmetic, with the rounding that float32 left in them. */
        readonly gradient_zero_in_theory: Readonly<Record<string, number>>;
      }
    >
  >;
  readonly trajectories: Readonly<Record<string, Trajectory>>;
}

export interface RecordedBatch {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly task_ids: readonly number[];
  readonly [labels: string]: readonly unknown[];
}

export interface MethodCase {
  readonly fixture: MethodFixture;
  readonly base: BaseModel;
  readonly built: BuiltTraining;
  readonly setup: AdapterSetup | null;
  readonly recorded: readonly RecordedBatch[];
  readonly batches: readonly ExecutorBatch[];
  readonly tensors: TensorMap;
}

/** Ids of every recorded case. */
export async function recordedMethods(source: FixtureSource): Promise<readonly string[]> {
  const index = await readJson<{ methods: readonly { id: string }[] }>(source, 'methods/index.json');
  return index.methods.map(({ id }) => id);
}

function parseSetup(recorded: RecordedSetup | string): AdapterSetup {
  if (typeof recorded === 'string') return { type: 'single', name: recorded };
  if (recorded.type === 'single') return { type: 'single', name: String(recorded.children[0]) };
  const children = recorded.children.map(parseSetup);
  const { weights = [], batch_sizes: batchSizes = [] } = recorded.kwargs ?? {};
  switch (recorded.type) {
    case 'Stack':
    case 'Fuse':
    case 'Parallel':
    case 'MultiTask':
      return { type: recorded.type, children };
    case 'Average': {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return { type: 'Average', children, weights: weights.map((weight) => weight / total) };
    }
    case 'BatchSplit':
      return { type: 'BatchSplit', children, batchSizes };
    default:
      throw new Error(`no setup ${recorded.type}`);
  }
}

/** Full fine-tuning has no adapter in the library; here it is a method. */
const baseModelItself = 'base';

/** An adapter's configuration with what the library keeps in its classes and leaves out of its files. */
export function studioConfig(fixture: MethodFixture, name: string): AdapterConfig {
  const { config, config_class } = fixture.adapters[name]!;
  return {
    ...config,
    ...(config_class === 'DiReftConfig' ? { subtract_projection: false } : {}),
    ...(fixture.ejected.includes(name) ? { flat: true } : {}),
  };
}

function partsOf(fixture: MethodFixture, base: BaseModel): ReadonlyMap<string, AdapterParts> {
  if (fixture.kind === 'full')
    return new Map([[baseModelItself, buildMethod(full, full.defaultConfig!, base.config, baseModelItself)]]);
  const shared = fixture.shared.length > 0 ? fixture.shared.join(',') : undefined;
  return new Map(
    Object.keys(fixture.adapters).map((name) => [
      name,
      partsOfConfig(studioConfig(fixture, name), base.config, name, shared),
    ]),
  );
}

function trainedOf(fixture: MethodFixture, setup: AdapterSetup | null): ReadonlySet<string> {
  if (!setup) return new Set();
  if (fixture.trained) return new Set([fixture.trained]);
  return new Set(fusionsOf(setup).length > 0 ? [] : adaptersOf(setup));
}

export function headOf(recorded: RecordedHead): ClassificationHead {
  const { name, num_labels, layers, activation_function, multilabel, id2label, ...rest } = recorded;
  const { use_pooler, bias, dropout_prob, ...unknown } = rest;
  if (Object.keys(unknown).length > 0)
    throw new Error(`head ${name}: the suite does not know ${Object.keys(unknown)}`);
  const task = multilabel ? 'multilabel' : num_labels === 1 ? 'regression' : 'classification';
  return {
    ...defaultHead(name, num_labels, task),
    layers: layers ?? 2,
    activationFunction: activation_function === undefined ? 'tanh' : activation_function,
    usePooler: use_pooler ?? false,
    bias: bias ?? true,
    dropoutRate: dropout_prob ?? null,
  };
}

/** Gates average over padded positions: their cases need the batches as padded as the recorded ones. */
const isGated = (fixture: MethodFixture) => JSON.stringify(fixture.adapters).includes('"use_gating":true');

export async function loadMethodCase(source: FixtureSource, id: string): Promise<MethodCase> {
  const fixture = await readJson<MethodFixture>(source, `methods/${id}/fixture.json`);
  const base = await loadBaseModel(source, `models/${fixture.model}`);
  const recorded = await readJson<readonly RecordedBatch[]>(source, 'methods/batches.json');
  const setup: AdapterSetup | null =
    fixture.kind === 'full'
      ? { type: 'single', name: baseModelItself }
      : fixture.setup === null
        ? null
        : parseSetup(fixture.setup);
  const tensors = await readTensors(source, `methods/${id}/tensors.safetensors`);
  return assembleCase(fixture, base, setup, partsOf(fixture, base), recorded, tensors);
}

/** Builds the programs of a case and its batches. */
export function assembleCase(
  fixture: MethodFixture,
  base: BaseModel,
  setup: AdapterSetup | null,
  parts: ReadonlyMap<string, AdapterParts>,
  recorded: readonly RecordedBatch[],
  tensors: TensorMap,
): MethodCase {
  const built = buildComposition({
    model: base.config,
    setup,
    parts,
    fusion: fixture.fusion?.config ?? null,
    trained: fixture.kind === 'full' ? new Set([baseModelItself]) : trainedOf(fixture, setup),
    heads: fixture.heads.map(headOf),
    loss: plainLoss,
    dropout: false,
    captureHidden: true,
  });
  const batches = recorded.map((batch) => executorBatch(fixture, base, built, batch));
  const evaluate = withActivations(built.programs.evaluate, tensors);
  const seen = { ...built, programs: { ...built.programs, evaluate } };
  return { fixture, base, built: seen, setup, recorded, batches, tensors };
}

function executorBatch(
  fixture: MethodFixture,
  base: BaseModel,
  { batchForm }: BuiltTraining,
  batch: RecordedBatch,
): ExecutorBatch {
  const rows = batch.input_ids.map((ids, i) =>
    Uint32Array.from(ids.filter((_, position) => batch.attention_mask[i]![position])),
  );
  const padding: Padding = isGated(fixture)
    ? { mode: 'max_length', length: batch.input_ids[0]!.length }
    : { mode: 'ragged' };
  const values = batch[fixture.labels]!.flat() as number[];
  const labels = batchForm.targets === 'classes' ? Uint32Array.from(values) : Float32Array.from(values);
  const collated = { ...collate(rows, labels, padding), taskIds: Uint32Array.from(batch.task_ids) };
  return toExecutorBatch(collated, base.tables, base.config, batchForm);
}

/** A session whose frozen adapters have their values of a state. */
export function openCase(
  executor: Executor,
  { base, built, batches, tensors }: MethodCase,
  state: State,
): Promise<Session> {
  const frozen = new Map(
    built.frozen.map(({ name }) => [name, recordedParameter(tensors, base, state, name)]),
  );
  return executor.open({
    programs: built.programs,
    frozen: withTensors(base.frozen, frozen),
    largest: {
      tokens: 2 * Math.max(...batches.map((batch) => batch.tokens)),
      sequences: Math.max(...batches.map((batch) => batch.sequences)),
    },
  });
}

/** Full fine-tuning's recorded parameters are the head's only: the others are the base model's. */
function recordedParameter(tensors: TensorMap, base: BaseModel, state: State, name: string) {
  const tensor = tensors.get(`${state}/param/${name}`);
  const data = tensor?.data ?? base.tensors.get(name);
  if (!data) throw new Error(`no recorded value of ${name}`);
  return { shape: tensor?.shape ?? [data.length], data };
}

export function writeParameters(session: Session, { base, built, tensors }: MethodCase, state: State): void {
  const { parameters } = built.programs;
  const named = new Map(
    parameters.parameters.map(({ name }) => [name, recordedParameter(tensors, base, state, name)]),
  );
  const zeros = new Float32Array(parameters.totalFloats);
  session.writeState({
    parameters: packParameters(parameters, named),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
}

/**
 * The parameters the studio trains are exactly the reference's, decay group included; but for those that no output depends on
 * (the pooler in full fine-tuning), which the studio does not train.
 */
export function checkParameters({ fixture, base, built, setup }: MethodCase): readonly string[] {
  const describeParameter = (p: { name: string; shape: readonly number[] }, decayed: boolean) =>
    `${p.name} [${p.shape}] ${decayed ? 'decayed' : ''}`;
  const idle = fixture.states.pert.trainable_without_gradient;
  const mine = built.programs.parameters.parameters.map((p) => describeParameter(p, p.weightDecay)).sort();
  const theirs = fixture.trainable
    .filter(({ name }) => !idle.includes(name))
    .map((p) => describeParameter(p, p.weight_decay))
    .sort();
  const counted = countedParameters(base.config, built, { maskedLmHead: false });
  // Cases of averaging hold an adapter beside the setup, which the library counts.
  const idleAdapters = Object.keys(fixture.adapters).some(
    (name) => !setup || !adaptersOf(setup).includes(name),
  );
  const recorded = idleAdapters ? counted : fixture.num_parameters_exclude_embeddings;
  return [
    ...mine.filter((line) => !theirs.includes(line)),
    ...theirs.filter((line) => !mine.includes(line)),
    ...(counted === recorded ? [] : [`${counted} parameters outside embeddings, recorded ${recorded}`]),
  ];
}

/** Logits as the library gives them: Parallel's branches one below another, BatchSplit's each for its sequences. */
function libraryLogits({ setup, fixture }: MethodCase, { logits, extra }: EvaluationOutput): Float32Array {
  const branches = setup ? branchesOf(setup) : [];
  if (branches.length <= 1) return logits;
  const labels = fixture.heads[0]!.num_labels;
  const parts = branches.map(({ sequences }, i) => {
    const all = i === 0 ? logits : extra[`logits.${i}`]!;
    return sequences
      ? all.subarray(sequences.first * labels, (sequences.first + sequences.count) * labels)
      : all;
  });
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** Rows of a recorded `hidden` [sequences, positions, width] that the studio computes, in its order. */
export function computedRows(
  { fixture, built, recorded }: MethodCase,
  batchIndex: number,
  padded: Float32Array,
  width: number,
): Float32Array {
  const batch = recorded[batchIndex]!;
  const virtual = built.batchForm.virtualTokens?.count ?? 0;
  const positions = batch.input_ids[0]!.length + virtual;
  const rows = batch.attention_mask.flatMap((mask, sequence) => {
    const keys = virtual + mask.reduce((sum, real) => sum + real, 0);
    const count = isGated(fixture) ? positions : keys;
    return Array.from({ length: count }, (_, i) => (sequence * positions + i) * width);
  });
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(padded.subarray(row, row + width), i * width);
  });
  return out;
}

function hiddenChecks(method: MethodCase, state: State, { extra }: EvaluationOutput): Check[] {
  const { fixture, base, tensors, setup } = method;
  // The hidden states of several branches are recorded mixed; their logits and gradients are compared.
  if (setup && branchesOf(setup).length > 1) return [];
  return Array.from({ length: base.config.numHiddenLayers + 1 }, (_, i) => i).flatMap((i) => {
    const expected = tensors.get(`${state}/act/hidden.${i}`);
    if (!expected) return [];
    const rows = computedRows(method, fixture.batch, expected.data, base.config.hiddenSize);
    return {
      what: `${state} hidden.${i}`,
      error: relativeError(extra[`hidden.${i}`]!, rows),
      allowed: allowed.hidden,
    };
  });
}

/** Logits, loss, hidden states and recorded inner activations at a recorded state. */
export async function checkForward(
  session: Session,
  method: MethodCase,
  state: State,
): Promise<readonly Check[]> {
  const { fixture, tensors, batches } = method;
  writeParameters(session, method, state);
  const evaluated = await session.evaluate(batches[fixture.batch]!);
  return [
    {
      what: `${state} logits`,
      error: relativeError(libraryLogits(method, evaluated), tensors.get(`${state}/logits`)!.data),
      allowed: allowed.output,
    },
    {
      what: `${state} loss`,
      error: relativeError([evaluated.loss], [fixture.states[state].loss]),
      allowed: allowed.output,
    },
    ...hiddenChecks(method, state, evaluated),
    ...(state === 'pert' ? activationChecks(method, evaluated) : []),
  ];
}

/** Every gradient at a recorded state. */
export async function checkGradients(
  session: Session,
  method: MethodCase,
  state: State,
): Promise<readonly Check[]> {
  const { fixture, tensors, built, batches } = method;
  writeParameters(session, method, state);
  const { loss, gradients } = await session.gradients(batches[fixture.batch]!, { seed: 0, microStep: 0 });
  const checks: Check[] = [
    {
      what: `${state} train loss`,
      error: relativeError([loss], [fixture.states[state].loss]),
      allowed: allowed.output,
    },
  ];
  const norm = Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0));
  checks.push({
    what: `${state} gradient norm`,
    error: relativeError([norm], [fixture.states[state].grad_norm]),
    allowed: allowed.gradientNorm,
  });
  // Of one large case only the norm was recorded at one state.
  if (![...tensors.keys()].some((key) => key.startsWith(`${state}/grad/`))) return checks;
  const { parameters } = built.programs.parameters;
  const expectedOf = (name: string) => tensors.get(`${state}/grad/${name}`);
  const largest = Math.max(...parameters.map(({ name }) => largestAbsolute(expectedOf(name)?.data ?? [])));
  for (const { name, offset, length } of parameters) {
    const rounding = fixture.states[state].gradient_zero_in_theory[name];
    if (rounding !== undefined) {
      const error = largestAbsolute(gradients.subarray(offset, offset + length));
      checks.push({ what: `${state} grad ${name}, zero in theory`, error, allowed: 20 * rounding });
      continue;
    }
    const expected = expectedOf(name);
    if (!expected) throw new Error(`${fixture.id}: no recorded gradient of ${name}`);
    const error = relativeError(gradients.subarray(offset, offset + length), expected.data, 1e-3 * largest);
    checks.push({ what: `${state} grad ${name}`, error, allowed: allowedGradient(name) });
  }
  return checks;
}
