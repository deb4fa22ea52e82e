/**
 * One recorded family of base models (`families/<name>`, made by `interop/make_family.py`): its folder as the hub has it, its
 * tokenizer's ids, and the adapters that `adapters` saved on it with their logits and gradients.
 */

import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import { full } from '../../src/adapters/methods/full';
import { single } from '../../src/adapters/setup';
import { collate, type Padding } from '../../src/data/collate';
import { loadTokenizer, type Tokenizer } from '../../src/data/tokenizer';
import { readAdapterHub } from '../../src/formats/adapterhub';
import type { AdapterBundle, AdapterConfig } from '../../src/formats/bundle';
import { packParameters } from '../../src/graph/parameters';
import { plainLoss } from '../../src/heads/loss';
import type { Executor, ExecutorBatch, Session } from '../../src/runtime/executor';
import { toExecutorBatch } from '../../src/train/batch';
import { countedParameters } from '../../src/train/flos';
import { type BuiltTraining, buildComposition, buildTraining } from '../../src/train/programs';
import { withTensors } from '../with-tensors';
import { type BaseModel, loadBaseModel } from './base-model';
import { allowed, allowedGradient, type Check, largestAbsolute, relativeError } from './compare';
import { type FixtureSource, readFolder, readJson, readTensors, type TensorMap } from './source';

export const families = ['bert', 'distilbert', 'xlm-roberta', 'camembert', 'distilroberta'] as const;
export type FamilyName = (typeof families)[number];

interface RecordedFamilyCase {
  readonly config: AdapterConfig;
  readonly labels: number;
  readonly loss: number;
  /** Name → shape. */
  readonly trainable: Readonly<Record<string, readonly number[]>>;
  readonly parameters_exclude_embeddings: number;
  /** The library computed every row by itself. */
  readonly alone: boolean;
}

interface FamilyReference {
  readonly batch: {
    readonly sentences: readonly string[];
    readonly input_ids: readonly (readonly number[])[];
    readonly attention_mask: readonly (readonly number[])[];
    readonly labels: readonly number[];
  };
  readonly cases: Readonly<Record<string, RecordedFamilyCase>>;
  /** Every tensor of base model and of the head of case `lora` trains, without an adapter: norms of the gradients by name. */
  readonly full: {
    readonly loss: number;
    readonly norms: Readonly<Record<string, number>>;
    /** With the checkpoint's masked-LM head, where the library keeps it. */
    readonly parameters_exclude_embeddings: number;
  };
}

export interface Family {
  readonly name: FamilyName;
  readonly base: BaseModel;
  readonly tokenizer: Tokenizer;
  readonly reference: FamilyReference;
  readonly tensors: TensorMap;
}

/** Of the batch's sentences. */
const maxLength = 24;

export async function loadFamily(source: FixtureSource, name: FamilyName): Promise<Family> {
  const folder = `families/${name}`;
  return {
    name,
    base: await loadBaseModel(source, folder),
    tokenizer: loadTokenizer(
      await readJson(source, `${folder}/tokenizer.json`),
      await readJson(source, `${folder}/tokenizer_config.json`),
    ),
    reference: await readJson(source, `${folder}/reference.json`),
    tensors: await readTensors(source, `${folder}/reference.safetensors`),
  };
}

/** The adapter that the library saved. */
export async function savedBundle(
  source: FixtureSource,
  { name }: Family,
  id: string,
): Promise<AdapterBundle> {
  return readAdapterHub(await readFolder(source, `families/${name}/adapters/${id}`), id);
}

export function buildFamilyCase({ base }: Family, { name, config, head }: AdapterBundle): BuiltTraining {
  return buildComposition({
    model: base.config,
    setup: single(name),
    parts: new Map([[name, partsOfConfig(config!, base.config, name)]]),
    fusion: null,
    trained: new Set([name]),
    heads: [{ ...head, name, task: 'classification' }],
    loss: plainLoss,
    dropout: false,
    captureHidden: false,
  });
}

/** Names and shapes of what trains, and the library's count of parameters; what differs, in words. */
export function parameterDifferences(family: Family, id: string, built: BuiltTraining): readonly string[] {
  const recorded = family.reference.cases[id]!;
  const line = (name: string, shape: readonly number[]) => `${name} [${shape}]`;
  const mine = built.trainable.map(({ name, shape }) => line(name, shape));
  const theirs = Object.entries(recorded.trainable).map(([name, shape]) => line(name, shape));
  const counted = countedParameters(family.base.config, built, { maskedLmHead: false });
  return [
    ...mine.filter((name) => !theirs.includes(name)),
    ...theirs.filter((name) => !mine.includes(name)),
    ...(counted === recorded.parameters_exclude_embeddings
      ? []
      : [`${counted} parameters outside embeddings, recorded ${recorded.parameters_exclude_embeddings}`]),
  ];
}

/** The batch from its text; padded where a gate averages over padding. */
function batchOf(
  { base, tokenizer, reference }: Family,
  { batchForm }: BuiltTraining,
  labels: number,
  padding: Padding,
): ExecutorBatch {
  const rows = reference.batch.sentences.map((sentence) => tokenizer.encode(sentence, maxLength));
  const classes = Uint32Array.from(reference.batch.labels, (label) => label % labels);
  return toExecutorBatch(collate(rows, classes, padding), base.tables, base.config, batchForm);
}

function write(session: Session, { programs }: BuiltTraining, values: TensorMap): void {
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, values),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
}

/** Loss and the norm of every gradient where the whole base model trains, embedding tables and all. */
export async function checkFullFineTuning(
  executor: Executor,
  family: Family,
  { name, head, headTensors }: AdapterBundle,
): Promise<readonly Check[]> {
  const { base, reference } = family;
  const built = buildTraining({
    model: base.config,
    method: full,
    methodConfig: full.defaultConfig,
    adapterName: name,
    head: { ...head, name, task: 'classification' },
    dropout: false,
  });
  const batch = batchOf(family, built, head.numLabels, { mode: 'ragged' });
  const session = await executor.open({
    programs: built.programs,
    frozen: base.frozen,
    largest: { tokens: batch.tokens, sequences: batch.sequences },
  });
  try {
    const shaped = [...base.tensors].map(
      ([tensor, data]) => [tensor, { shape: [data.length], data }] as const,
    );
    write(session, built, new Map([...shaped, ...headTensors]));
    const { loss, gradients } = await session.gradients(batch, { seed: 0, microStep: 0 });
    const { norms, loss: recorded, parameters_exclude_embeddings: parametersRecorded } = reference.full;
    const counted = countedParameters(base.config, built, base.config);
    const largest = Math.max(...Object.values(norms));
    const { parameters } = built.programs.parameters;
    const mine = parameters.map(({ name: tensor }) => tensor);
    const differing = [...mine, ...Object.keys(norms)].filter(
      (tensor) => !mine.includes(tensor) || norms[tensor] === undefined,
    );
    return [
      { what: 'full loss', error: relativeError([loss], [recorded]), allowed: allowed.output },
      {
        what: `${counted} parameters outside embeddings, recorded ${parametersRecorded}`,
        error: Math.abs(counted - parametersRecorded),
        allowed: 0,
      },
      { what: `full trains ${differing.join()} on one side only`, error: differing.length, allowed: 0 },
      ...parameters.map(({ name: tensor, offset, length }) => {
        const own = gradients.subarray(offset, offset + length).reduce((sum, g) => sum + g * g, 0);
        return {
          what: `full gradient norm of ${tensor}`,
          error: relativeError([Math.sqrt(own)], [norms[tensor] ?? 0], 1e-3 * largest),
          allowed: allowedGradient(tensor),
        };
      }),
    ];
  } finally {
    session.dispose();
  }
}

/** Logits, loss and every gradient of the saved adapter, from text. */
export async function checkFamilyCase(
  executor: Executor,
  family: Family,
  id: string,
  bundle: AdapterBundle,
  built: BuiltTraining,
): Promise<readonly Check[]> {
  const { base, reference, tensors } = family;
  const recorded = reference.cases[id]!;
  const batch = batchOf(family, built, recorded.labels, {
    mode: bundle.config!.use_gating ? 'longest' : 'ragged',
  });
  const own = new Map([...bundle.tensors, ...bundle.headTensors]);
  const session = await executor.open({
    programs: built.programs,
    frozen: withTensors(base.frozen, new Map(built.frozen.map(({ name }) => [name, own.get(name)!]))),
    largest: { tokens: batch.tokens, sequences: batch.sequences },
  });
  try {
    const { parameters } = built.programs.parameters;
    write(session, built, own);
    const { logits, loss } = await session.evaluate(batch);
    const trained = await session.gradients(batch, { seed: 0, microStep: 0 });
    const expectedOf = (name: string) => tensors.get(`${id}/grad/${name}`)!.data;
    const largest = Math.max(...parameters.map(({ name }) => largestAbsolute(expectedOf(name))));
    return [
      {
        what: `${id} logits`,
        error: relativeError(logits, tensors.get(`${id}/logits`)!.data),
        allowed: allowed.output,
      },
      { what: `${id} loss`, error: relativeError([loss], [recorded.loss]), allowed: allowed.output },
      {
        what: `${id} train loss`,
        error: relativeError([trained.loss], [recorded.loss]),
        allowed: allowed.output,
      },
      ...parameters.map(({ name, offset, length }) => ({
        what: `${id} grad ${name}`,
        error: relativeError(
          trained.gradients.subarray(offset, offset + length),
          expectedOf(name),
          1e-3 * largest,
        ),
        allowed: allowedGradient(name),
      })),
    ];
  } finally {
    session.dispose();
  }
}

/** Logits of an adapter on the recorded sentences. */
export async function familyLogits(
  executor: Executor,
  family: Family,
  bundle: AdapterBundle,
): Promise<Float32Array> {
  const built = buildFamilyCase(family, bundle);
  const batch = batchOf(family, built, bundle.head.numLabels, { mode: 'ragged' });
  const session = await executor.open({
    programs: built.programs,
    frozen: family.base.frozen,
    largest: { tokens: batch.tokens, sequences: batch.sequences },
  });
  try {
    write(session, built, new Map([...bundle.tensors, ...bundle.headTensors]));
    return (await session.evaluate(batch)).logits;
  } finally {
    session.dispose();
  }
}
