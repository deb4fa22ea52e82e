/** Commands on base models: found, downloaded, imported, deleted, and where they come from. */
import { StudioError } from '../../errors';
import type { RunRecord } from '../../runs/record';
import type { HandlersOf } from '../handlers';
import type { BaseKeeper } from './base-keeper';
import type { BaseModels } from './base-models';
import type { ModelLibrary } from './model-library';

export interface ModelCommandParts {
  readonly library: ModelLibrary;
  readonly models: BaseModels;
  readonly keeper: BaseKeeper;
  /** Of this tab or another. */
  readonly runsUnderWay: () => Promise<readonly RunRecord[]>;
  /** Whoever else holds what it has made of a model lets go of it. */
  readonly stopReadiness: () => void;
  readonly forgetInference: () => void;
}

type ModelCommand =
  | 'findModel'
  | 'downloadModel'
  | 'continueDownload'
  | 'pauseDownload'
  | 'deleteModel'
  | 'importModel'
  | 'setHub';

export function modelCommands(parts: ModelCommandParts): HandlersOf<ModelCommand> {
  const { library, models, keeper, runsUnderWay, stopReadiness, forgetInference } = parts;
  return {
    findModel: ({ request }) => library.find(request),
    downloadModel: ({ request }) => library.download(request),
    continueDownload: ({ modelId }) => library.continue(modelId),
    pauseDownload: async () => {
      library.pause();
      return null;
    },
    deleteModel: async ({ modelId }) => {
      const user = (await runsUnderWay()).find(({ settings }) => settings.baseModel === modelId);
      if (user) throw inUse(user);
      // What it has just begun with the model would be kept after it.
      stopReadiness();
      models.forget(modelId);
      keeper.forget(modelId);
      forgetInference();
      await library.delete(modelId);
      return library.describe();
    },
    importModel: ({ name, files }) => library.import(name, files),
    setHub: ({ endpoint, token, downloadHosts }) => library.setHub(endpoint, token, downloadHosts),
  };
}

const inUse = ({ name }: RunRecord) =>
  new StudioError(
    'model-in-use',
    `The run ${name} is training on this base model.`,
    'Stop the run first, or wait until it has finished.',
  );
