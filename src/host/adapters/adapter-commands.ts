/** Commands on adapters: what is asked of them, how they come, go and are joined. */

import type { EventMessage } from '../../protocol/types';
import type { StudioStore } from '../../storage/store';
import type { Datasets } from '../data/datasets';
import type { OpenExecutor } from '../executors';
import type { HandlersOf } from '../handlers';
import type { BaseKeeper } from '../models/base-keeper';
import { type BaseModels, storedBase } from '../models/base-models';
import type { ModelLibrary } from '../models/model-library';
import type { StoredRuns } from '../runs/stored-runs';
import { averageRecords } from './averages';
import { adapterDownload } from './downloads';
import { ejectedRecord } from './ejected';
import { importAdapter } from './imports';
import type { Inference } from './inference';
import { predictJointly } from './joint-inference';
import { methodSizes } from './method-sizes';
import type { OnnxExports } from './onnx-exports';
import type { StoredAdapters } from './stored-adapters';
import type { UnstoredAdapters } from './unstored-adapters';

export interface AdapterCommandParts {
  readonly store: StudioStore;
  readonly post: (event: EventMessage) => void;
  readonly adapters: StoredAdapters;
  readonly unstored: UnstoredAdapters;
  readonly runs: StoredRuns;
  readonly models: BaseModels;
  readonly library: ModelLibrary;
  readonly keeper: BaseKeeper;
  readonly datasets: Datasets;
  readonly onnx: OnnxExports;
  /** Throw `not-open` where there is no device. */
  readonly executor: () => OpenExecutor;
  readonly inference: () => Inference;
}

type AdapterCommand =
  | 'listAdapters'
  | 'storeAdapter'
  | 'deleteAdapter'
  | 'evaluate'
  | 'predict'
  | 'predictJointly'
  | 'importAdapter'
  | 'averageAdapters'
  | 'ejectPrefix'
  | 'methodSizes'
  | 'downloadAdapter'
  | 'downloadOnnx'
  | 'verifyOnnx'
  | 'cancelVerify';

export function adapterCommands(parts: AdapterCommandParts): HandlersOf<AdapterCommand> {
  const { store, post, adapters, unstored, runs, models, library, keeper, datasets, onnx } = parts;
  const { executor, inference } = parts;
  const several = (ids: readonly string[]) => Promise.all(ids.map((id) => adapters.get(id)));
  return {
    listAdapters: () => store.listAdapters(),
    storeAdapter: async ({ runId }) => {
      await unstored.store(runId);
      return null;
    },
    deleteAdapter: async ({ adapterId }) => {
      onnx.cancelVerify(adapterId);
      await store.deleteAdapter(adapterId);
      return null;
    },
    evaluate: async ({ adapterId, datasetId, split }) => {
      const [adapter, dataset] = await Promise.all([adapters.get(adapterId), datasets.get(datasetId)]);
      return inference().evaluate(adapter, dataset, split);
    },
    predict: async ({ adapterId, text }) => inference().predict(await adapters.get(adapterId), text),
    predictJointly: async ({ adapterIds, ...request }) => {
      const asked = await several(adapterIds);
      const first = asked[0] ?? (await adapters.get(''));
      const [base, device] = await Promise.all([adapters.baseOf(first), executor()()]);
      return predictJointly(asked, request, storedBase(base, first.baseStorage), keeper, device);
    },
    importAdapter: async (request) => {
      const { record, warning } = await importAdapter(request, models, await library.list());
      return { adapter: await adapters.save(record), warning };
    },
    averageAdapters: async (request) => {
      const averaged = await several(request.adapterIds);
      const base = await adapters.baseOf(averaged[0] ?? (await adapters.get('')));
      return adapters.save(await averageRecords(averaged, request, base));
    },
    ejectPrefix: async ({ adapterId }) => {
      const adapter = await adapters.get(adapterId);
      return adapters.save(await ejectedRecord(adapter, await adapters.baseOf(adapter)));
    },
    methodSizes: async ({ baseModel }) => methodSizes((await models.load(baseModel)).config),
    downloadAdapter: async ({ adapterId, format }) => {
      const adapter = await adapters.get(adapterId);
      return adapterDownload(adapter, await runs.ofAdapter(adapter), format, async () =>
        models.files((await adapters.ownBaseOf(adapter)).id),
      );
    },
    downloadOnnx: async ({ adapterId, precisions }) => {
      const adapter = await adapters.get(adapterId);
      const base = await adapters.ownBaseOf(adapter);
      return onnx.download(adapter, await runs.ofAdapter(adapter), base, precisions);
    },
    verifyOnnx: async ({ adapterId, datasetId, precisions }) =>
      onnx.verify(adapterId, precisions, {
        inference: inference(),
        load: async () => {
          const [adapter, dataset] = await Promise.all([adapters.get(adapterId), datasets.get(datasetId)]);
          return { adapter, dataset, base: await adapters.ownBaseOf(adapter) };
        },
        onProgress: (progress) => post({ type: 'verifying', adapterId, ...progress }),
      }),
    cancelVerify: async ({ adapterId }) => {
      onnx.cancelVerify(adapterId);
      return null;
    },
  };
}
