/** From a trained state to a stored adapter, checked: what was stored is read back and must give the same logits. */
import { StudioError } from '../errors';
import { type AdapterBundle, type Tensor, taskOf } from '../formats/bundle';
import { sha256OfBundle } from '../formats/bundle-digest';
import { exportReasons } from '../formats/exports';
import { packParameters, unpackParameters } from '../graph/parameters';
import type { AdapterRecord, RunRecord } from '../protocol/records';
import type { AdapterSummary } from '../protocol/types';
import type { Session, TrainingState } from '../runtime/executor';
import type { StudioStore } from '../storage/store';
import { metricsOf } from '../task';
import { toExecutorBatch } from '../train/batch';
import { collateRows } from '../train/plan';
import { composedOf, tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';
import type { LoadedBaseModel } from './base-models';
import type { PreparedRun } from './run-preparation';

/** Validation rows whose logits are compared. */
const rowsCompared = 8;

export interface AdapterToStore {
  readonly store: StudioStore;
  readonly session: Session;
  readonly state: TrainingState;
  readonly run: RunRecord;
  readonly prepared: PreparedRun;
  readonly base: LoadedBaseModel;
}

/** Stores run and adapter in one transaction. Throws `adapter-not-verified` where the stored copy is not the trained one. */
export async function storeAdapter(
  parts: AdapterToStore,
): Promise<{ readonly run: RunRecord; readonly summary: AdapterSummary }> {
  const { store, session, state, prepared, base } = parts;
  const record = await adapterRecord(parts);
  const run: RunRecord = { ...parts.run, adapterId: record.id };
  await store.finishRun(run, record);

  const batch = toExecutorBatch(
    collateRows(
      prepared.validation,
      Array.from({ length: Math.min(rowsCompared, prepared.validation.ids.length) }, (_, i) => i),
      prepared.plan.padding,
    ),
    base.tables,
    base.config,
    prepared.built.batchForm,
  );
  const trained = await session.evaluate(batch);
  const stored = await store.getAdapter(record.id);
  const tensors = stored ? tensorsOfBundle(stored.bundle) : new Map<string, Tensor>();
  session.writeState({ ...state, parameters: packParameters(prepared.built.programs.parameters, tensors) });
  const readBack = await session.evaluate(batch);
  if (!trained.logits.every((logit, i) => logit === readBack.logits[i])) {
    throw new StudioError(
      'adapter-not-verified',
      `The stored copy of "${record.name}" does not give the trained adapter's logits.`,
      'Download the zip and check it, or train again; the run and its curve are kept.',
    );
  }
  return { run, summary: summarize(record) };
}

async function adapterRecord({ state, run, prepared, base }: AdapterToStore): Promise<AdapterRecord> {
  const named = [...unpackParameters(prepared.built.programs.parameters, state.parameters)];
  // Tensors of the adapters it is composed with are theirs.
  const others = new Set(
    (prepared.adapterPlan.composition?.others ?? []).flatMap(({ tensors }) => [...tensors.keys()]),
  );
  const frozen = prepared.built.frozen.filter(({ name }) => !others.has(name));
  const isHead = ([name]: readonly [string, Tensor]) => name.startsWith('heads.');
  const bundle: AdapterBundle = {
    name: prepared.head.name,
    base: {
      name: base.identity.name,
      modelType: base.config.family.modelType,
      hiddenSize: base.config.hiddenSize,
    },
    config: prepared.adapterPlan.config,
    ...(prepared.adapterPlan.composition ? { composition: prepared.adapterPlan.composition } : {}),
    head: {
      headType: prepared.head.task === 'multilabel' ? 'multilabel_classification' : 'classification',
      numLabels: prepared.head.numLabels,
      layers: prepared.head.layers,
      activationFunction: prepared.head.activationFunction,
      labels: run.dataset.labels,
      usePooler: prepared.head.usePooler,
      bias: prepared.head.bias,
      dropoutRate: prepared.head.dropoutRate,
    },
    tensors: new Map([
      ...named.filter((entry) => !isHead(entry)),
      ...frozen.map(({ name }): [string, Tensor] => [name, prepared.initial.get(name)!]),
    ]),
    headTensors: new Map(named.filter(isHead)),
  };
  const { count } = prepared.built.programs.parameters;
  const last = run.evaluations.at(-1);
  return {
    version: 2,
    id: crypto.randomUUID(),
    name: run.name,
    createdAt: Date.now(),
    runId: run.id,
    parentId: run.settings.startFrom,
    baseModel: base.id,
    baseStorage: run.settings.baseStorage,
    base: base.identity,
    method: run.settings.method,
    ...composedOf(prepared.adapterPlan),
    datasetId: run.dataset.id,
    datasetName: run.dataset.name,
    maxLength: run.settings.maxLength,
    parameterCount: count,
    sizeBytes: bytesOf(tensorsOfBundle(bundle).values()),
    sha256: await sha256OfBundle(bundle),
    // The last evaluation is of this state only where no step came after it.
    evaluation: last && last.step === run.step ? { loss: last.loss, ...metricsOf(last) } : null,
    bundle,
  };
}

export function summarize({ bundle, ...record }: AdapterRecord): AdapterSummary {
  return { ...record, task: taskOf(bundle.head), labels: bundle.head.labels, exports: exportReasons(bundle) };
}
