/** Commands on runs: begun, repeated, told, changed, deleted, taken away. */
import { methodById } from '../../adapters/registry';
import { StudioError } from '../../errors';
import type { AdapterRecord } from '../../protocol/records';
import type {
  Commands,
  EventMessage,
  FileDownload,
  ListedRun,
  SettingsDescription,
} from '../../protocol/types';
import type { RunAbout } from '../../runs/record';
import type { RunSettings } from '../../runs/settings';
import type { StudioStore } from '../../storage/store';
import type { TaskType } from '../../task';
import { traced } from '../../trace';
import { runDownload } from '../adapters/downloads';
import { requireFit } from '../adapters/imports';
import type { Inference } from '../adapters/inference';
import type { StoredAdapters } from '../adapters/stored-adapters';
import type { UnstoredAdapters } from '../adapters/unstored-adapters';
import type { Datasets } from '../data/datasets';
import { EncodedRows } from '../data/encoded-rows';
import type { OpenExecutor } from '../executors';
import type { HandlersOf } from '../handlers';
import { baseIdFor, otherBaseWarning } from '../models/base-identity';
import { type BaseModels, storedBase } from '../models/base-models';
import type { ModelLibrary } from '../models/model-library';
import { listed } from './listed-runs';
import { newRun } from './new-run';
import { cleanedAbout } from './run-about';
import { prepareRun, requireSameLabels } from './run-preparation';
import { checkSettings } from './settings-check';
import { describeSettings } from './settings-description';
import { settingsOfRun, settingsOfTask } from './settings-of-run';
import type { StoredRuns } from './stored-runs';
import type { TrainerLock } from './trainer-lock';
import type { Training } from './training';

export interface RunCommandParts {
  readonly store: StudioStore;
  readonly post: (event: EventMessage) => void;
  readonly lock: TrainerLock;
  readonly training: Training;
  readonly runs: StoredRuns;
  readonly adapters: StoredAdapters;
  readonly unstored: UnstoredAdapters;
  readonly datasets: Datasets;
  readonly models: BaseModels;
  readonly library: ModelLibrary;
  /** Throw `not-open` where there is no device. */
  readonly executor: () => OpenExecutor;
  readonly inference: () => Inference;
  readonly stopReadiness: () => void;
}

type RunCommand =
  | 'train'
  | 'trainAgain'
  | 'pause'
  | 'resume'
  | 'stop'
  | 'checkpoint'
  | 'moveQueued'
  | 'beginWaiting'
  | 'holdQueued'
  | 'listRuns'
  | 'series'
  | 'changeRun'
  | 'deleteRun'
  | 'downloadRun'
  | 'describeSettings';

export class RunCommands {
  readonly #parts: RunCommandParts;

  constructor(parts: RunCommandParts) {
    this.#parts = parts;
  }

  commands(): HandlersOf<RunCommand> {
    const { training, runs } = this.#parts;
    return {
      train: (request) => traced('begin run', () => this.#train(request)),
      trainAgain: (request) => traced('begin run', () => this.#trainAgain(request)),
      pause: async ({ runId }) => training.ofActive(runId, (run) => run.pause()),
      resume: ({ runId }) => training.resume(runId),
      stop: async ({ runId }) => training.ofActive(runId, (run) => run.stop()),
      checkpoint: async () => {
        training.active?.requestCheckpoint();
        return null;
      },
      moveQueued: async ({ runId, to }) => {
        await training.move(runId, to);
        return null;
      },
      beginWaiting: async ({ runId }) => {
        training.beginAsItIs(runId);
        return null;
      },
      holdQueued: async ({ runId, hold }) => {
        training.holdBack(runId, hold);
        return null;
      },
      listRuns: (request) => this.#listRuns(request),
      series: async ({ runId }) => (await runs.withSeries(runId)).series,
      changeRun: async ({ runId, changes }) => {
        await this.#changeRun(runId, changes);
        return null;
      },
      deleteRun: ({ runId }) => this.#deleteRun(runId),
      downloadRun: ({ runId }) => this.#downloadRun(runId),
      describeSettings: ({ settings, task, labels }) => this.#describeSettings(settings, task, labels),
    };
  }

  async #train({ settings, datasetId, queue = false }: Commands['train']['request']): Promise<ListedRun> {
    const { executor, training, stopReadiness, adapters, datasets } = this.#parts;
    const openExecutor = executor();
    checkSettings(settings);
    if (!queue) training.requireIdle();
    stopReadiness();
    const parent = settings.startFrom ? await adapters.get(settings.startFrom) : null;
    if (parent && parent.baseModel !== settings.baseModel) await this.#requireFit(parent, settings.baseModel);
    const continued = settingsOfRun(settings, parent?.bundle ?? null);
    methodById(continued.method);
    await this.#requireComposable(continued);
    const dataset = await datasets.get(datasetId);
    if (parent) requireSameLabels(parent.bundle, dataset);
    const { info } = await openExecutor();
    return training.create(
      (named) => newRun(named, settingsOfTask(continued, dataset.task), dataset, info),
      dataset,
      queue,
    );
  }

  async #trainAgain({ runId, queue = false }: Commands['trainAgain']['request']): Promise<ListedRun> {
    const { executor, training, stopReadiness, unstored, runs } = this.#parts;
    executor();
    if (!queue) training.requireIdle();
    stopReadiness();
    const run = unstored.ofRun(runId)?.run ?? (await runs.get(runId));
    const { settings, base, kernelTable } = run;
    methodById(settings.method);
    const dataset = await training.datasetOf(run);
    // What the run was computed on stands in the new record until its session opens, which takes the same kernels.
    return training.create(
      (named) => ({ ...newRun(named, settings, dataset, run.executor), base, kernelTable }),
      dataset,
      queue,
    );
  }

  /** On another base model than its own an adapter goes on where the sizes agree; the run tells of it when it begins. */
  async #requireFit({ bundle, name }: AdapterRecord, baseModel: string): Promise<void> {
    const base = await this.#parts.models.load(baseModel);
    requireFit(bundle, name, base);
  }

  /** Before the run is recorded: the saved adapters are there and on this base model. */
  async #requireComposable({ composition, baseModel }: RunSettings): Promise<void> {
    if (!composition) return;
    const { adapters, library, models } = this.#parts;
    const composed = await Promise.all(composition.adapterIds.map((id) => adapters.get(id)));
    const least = composition.type === 'Fuse' ? 2 : 1;
    const [known, { identity }] = await Promise.all([library.list(), models.load(baseModel)]);
    const other = composed.find(
      (adapter) => baseIdFor(adapter, known) !== baseModel || otherBaseWarning(adapter, identity) !== null,
    );
    if (composed.length >= least && !other) return;
    throw new StudioError(
      'unsupported-setup',
      other
        ? `"${other.name}" was trained on ${other.base.name || other.baseModel}, not on these weights of ${identity.name}.`
        : `A ${composition.type === 'Fuse' ? 'fusion needs two' : 'stack needs one'} saved adapter${least > 1 ? 's' : ''} at least.`,
      'Choose saved adapters of the base model that is chosen.',
    );
  }

  /** Once a tab is gone that had a run, what waits goes on here. */
  async #listRuns({ ended }: Commands['listRuns']['request']): Promise<ListedRun[]> {
    const { runs, lock, training } = this.#parts;
    if (ended === undefined) return runs.list();
    await lock.whenReleased(ended);
    training.goOn();
    return runs.list();
  }

  async #changeRun(runId: string, changes: Partial<RunAbout>): Promise<void> {
    const { store, post, training, unstored, lock, runs } = this.#parts;
    const cleaned = cleanedAbout(changes);
    if (training.active?.id === runId && (await training.active.change(cleaned))) return;
    if (unstored.ofRun(runId)) {
      const stored = await store.getRun(runId);
      if (stored) await store.saveRun({ ...stored, ...cleaned });
      post({ type: 'run', run: listed(unstored.change(runId, cleaned), false) });
      return;
    }
    await lock.alone(runId, async () => {
      const run = { ...(await runs.get(runId)), ...cleaned };
      await store.saveRun(run);
      post({ type: 'run', run: listed(run, (await store.runsWithCheckpoint()).has(runId)) });
    });
  }

  async #deleteRun(runId: string): Promise<null> {
    const { training, unstored, store, lock } = this.#parts;
    if (training.active?.id === runId)
      throw new StudioError('run-active', 'This run is training.', 'Stop it first.');
    // A run whose adapter this tab keeps is this tab's to delete, the adapter with it.
    if (unstored.ofRun(runId)) {
      await store.deleteRun(runId);
      await unstored.discard(runId);
    } else await lock.alone(runId, () => store.deleteRun(runId));
    return null;
  }

  async #downloadRun(runId: string): Promise<FileDownload> {
    const { runs, datasets, models, adapters, store, inference } = this.#parts;
    const { run, series } = await runs.withSeries(runId);
    const [dataset, base] = await Promise.all([
      datasets.get(run.dataset.id),
      models.load(run.settings.baseModel),
    ]);
    const prepared = await prepareRun(
      run.settings,
      dataset,
      storedBase(base, run.settings.baseStorage),
      await adapters.startsOf(run.settings),
      // Of whichever run it is: those of the next one stay where they are.
      new EncodedRows(),
      () => {},
    );
    const adapter = run.adapterId ? await store.getAdapter(run.adapterId) : undefined;
    const rows = adapter ? await inference().evaluateRows(adapter, dataset, 'validation') : null;
    return runDownload(
      { run, series },
      dataset,
      prepared,
      rows && { ids: rows.ids, logits: rows.evaluation.logits },
    );
  }

  async #describeSettings(
    settings: RunSettings,
    task: TaskType,
    labels: number,
  ): Promise<SettingsDescription> {
    const { models, adapters, executor } = this.#parts;
    const [base, saved, device] = await Promise.all([
      models.load(settings.baseModel),
      adapters.startsOf(settings),
      executor()(),
    ]);
    return describeSettings(settings, { base, saved, task, labels, executor: device.executor });
  }
}
