/** From a trained state to a stored adapter, checked: what was stored is read back and must give the same logits. */
import { type ErrorReport, StudioError, toErrorReport } from '../../errors';
import { type AdapterBundle, type Tensor, taskOf } from '../../formats/bundle';
import { sha256OfBundle } from '../../formats/bundle-digest';
import { exportReasons } from '../../formats/exports';
import { packParameters, unpackParameters } from '../../graph/parameters';
import type { AdapterRecord } from '../../protocol/records';
import type { AdapterSummary } from '../../protocol/types';
import type { Evaluation, RunRecord } from '../../runs/record';
import type { SeriesChunk } from '../../runs/series';
import type { Session, TrainingState } from '../../runtime/executor';
import type { StudioStore } from '../../storage/store';
import { metricsOf } from '../../task';
import { toExecutorBatch } from '../../train/batch';
import { collateRows } from '../../train/plan';
import type { LoadedBaseModel } from '../models/base-models';
import type { PreparedRun } from '../runs/run-preparation';
import { composedOf, tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';

/** Validation rows whose logits are compared. */
const rowsCompared = 8;

export interface AdapterToStore {
  readonly store: StudioStore;
  readonly session: Session;
  readonly state: TrainingState;
  /** As it ended. */
  readonly run: RunRecord;
  /** All of its series: what is stored of them may be gone, where the person or the browser deleted it. */
  readonly chunks: readonly SeriesChunk[];
  readonly prepared: PreparedRun;
  readonly base: LoadedBaseModel;
  /** One for all attempts at the run's end: a device that is lost while the copy is checked makes no second adapter. */
  readonly adapterId: string;
}

/** A run as it ended and the adapter it made. */
export interface TrainedAdapter {
  readonly run: RunRecord;
  /** All of its series. */
  readonly chunks: readonly SeriesChunk[];
  readonly record: AdapterRecord;
}

/**
 * Stores run and adapter in one transaction, reads the copy back and compares its logits with the trained ones; only then
 * the run's checkpoints go. Where that fails, `fault` says why, and the store has a run that can be resumed.
 *
 * Throws what the session throws, and `adapter-not-verified` where not even the adapter in memory has the trained logits.
 */
export async function storeAdapter(
  parts: AdapterToStore,
): Promise<TrainedAdapter & { readonly fault: ErrorReport | null }> {
  const { store, session, state, chunks, prepared, base } = parts;
  const record = await adapterRecord(parts);
  const run: RunRecord = { ...parts.run, adapterId: record.id };
  const batch = toExecutorBatch(
    collateRows(prepared.validation, prepared.plan.evaluated.slice(0, rowsCompared), prepared.plan.padding),
    base.tables,
    base.config,
    prepared.built.batchForm,
  );
  const trained = await session.evaluate(batch);
  const requireTrainedLogits = async ({ bundle, name }: AdapterRecord): Promise<void> => {
    const parameters = packParameters(prepared.built.programs.parameters, tensorsOfBundle(bundle));
    session.writeState({ ...state, parameters });
    const { logits } = await session.evaluate(batch);
    if (!trained.logits.every((logit, i) => logit === logits[i])) throw notVerified(name);
  };

  const { copy, fault } = await writeAndReadBack(store, { run, chunks, record }).then(
    (stored) => ({ copy: stored, fault: null }),
    (error: unknown) => ({ copy: null, fault: toErrorReport(error) }),
  );
  await requireTrainedLogits(copy ?? record);
  if (fault) {
    const resumable: RunRecord = {
      ...run,
      status: 'interrupted',
      results: null,
      adapterId: null,
      error: fault,
    };
    // Where there is no room for this either, the record still says that it trains, which the next start corrects.
    await store.takeBackEnd(resumable, record.id, chunks).catch(() => undefined);
  } else await deleteCheckpoints(store, run.id);
  return { run, chunks, record, fault };
}

/** Another attempt at an adapter whose logits were checked before. Throws `storage-*` and `adapter-not-verified`. */
export async function storeAgain(store: StudioStore, trained: TrainedAdapter): Promise<void> {
  await writeAndReadBack(store, trained);
  await deleteCheckpoints(store, trained.run.id);
}

/** The copy, whose tensors are those of the record bit for bit. */
async function writeAndReadBack(
  store: StudioStore,
  { run, chunks, record }: TrainedAdapter,
): Promise<AdapterRecord> {
  await store.finishRun(run, record, chunks);
  const copy = await store.getAdapter(record.id);
  if (!copy || (await sha256OfBundle(copy.bundle)) !== record.sha256) throw notVerified(record.name);
  return copy;
}

/** Nothing is lost where they stay: the run has ended, so the next start's sweep takes them. */
const deleteCheckpoints = (store: StudioStore, runId: string): Promise<void> =>
  store.deleteCheckpoints(runId).catch(() => undefined);

const notVerified = (name: string) =>
  new StudioError(
    'adapter-not-verified',
    `The stored copy of "${name}" is not the adapter that was trained.`,
    'Download it and try to store it again. The run’s last checkpoint is kept.',
  );

async function adapterRecord({
  state,
  run,
  prepared,
  base,
  adapterId,
}: AdapterToStore): Promise<AdapterRecord> {
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
  return {
    version: 2,
    id: adapterId,
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
    evaluation: evaluationOf(run),
    bundle,
  };
}

/** Of the state that is stored: the result, or the last evaluation where no step came after it. */
function evaluationOf({ results, dataset, lastEvaluation: last, step }: RunRecord): Evaluation | null {
  if (results) {
    const { evalLoss: loss, evalMetrics, evalRows: rows = dataset.validationRows } = results;
    return { loss, ...evalMetrics, ...(rows < dataset.validationRows && { rows }) };
  }
  if (last?.step !== step) return null;
  return { loss: last.loss, ...metricsOf(last), ...(last.rows !== undefined && { rows: last.rows }) };
}

export function summarize({ bundle, ...record }: AdapterRecord): AdapterSummary {
  return { ...record, task: taskOf(bundle.head), labels: bundle.head.labels, exports: exportReasons(bundle) };
}
