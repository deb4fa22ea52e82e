/** Commands on data sets. */
import { StudioError } from '../../errors';
import type { RunRecord } from '../../runs/record';
import type { HandlersOf } from '../handlers';
import type { Datasets } from './datasets';

type DatasetCommand = 'inspectFile' | 'createDataset' | 'cancelImport' | 'deleteDataset';

/** `runsUnderWay`: of this tab or another. */
export function datasetCommands(
  datasets: Datasets,
  runsUnderWay: () => Promise<readonly RunRecord[]>,
): HandlersOf<DatasetCommand> {
  return {
    inspectFile: (request) => datasets.inspect(request),
    createDataset: (request) => datasets.create(request),
    cancelImport: async () => {
      await datasets.cancelImport();
      return null;
    },
    deleteDataset: async ({ datasetId }) => {
      const user = (await runsUnderWay()).find(({ dataset }) => dataset.id === datasetId);
      if (user) throw inUse(user);
      await datasets.delete(datasetId);
      return null;
    },
  };
}

const inUse = ({ name }: RunRecord) =>
  new StudioError(
    'dataset-in-use',
    `The run ${name} is training on this data set.`,
    'Stop the run first, or wait until it has finished.',
  );
