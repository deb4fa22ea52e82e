/** What a record that could not be read is called. */
import type { SetAsideRecord } from '../../protocol/records';

const kindNames: Readonly<Record<SetAsideRecord['kind'], string>> = {
  run: 'Run',
  adapter: 'Adapter',
  checkpoint: 'Checkpoint',
  dataset: 'Data set',
  setting: 'Setting',
  model: 'Base model',
  download: 'Unfinished download',
  series: 'Part of a curve',
};

export const setAsideTitle = ({ kind, name }: Pick<SetAsideRecord, 'kind' | 'name'>): string =>
  name === null ? kindNames[kind] : `${kindNames[kind]} ${name}`;
