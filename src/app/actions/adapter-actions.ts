/** The table of what can be done with a saved adapter. */
import { Download, GitBranchPlus, Trash2 } from 'lucide-react';
import { type AdapterSummary, exportFormats } from '../../protocol/types';
import { continuing } from '../store/form';
import { isActive } from '../store/state';
import type { Action } from './action';

type AdapterAction = Action<AdapterSummary>;

export const startFrom: AdapterAction = {
  id: 'adapter-start',
  group: 'adapters',
  icon: GitBranchPlus,
  label: () => 'Start from',
  name: (_, { name }) => `Start from ${name}`,
  help: 'Go on training from this adapter',
  blocked: ({ form, openError }) => (form ? null : (openError?.message ?? 'The studio is opening.')),
  perform: (studio, adapter) => {
    const { datasets, form, library } = studio.store.getState();
    const dataset = datasets.find(({ id }) => id === (adapter.datasetId || form?.datasetId));
    studio.edit({
      ...continuing(adapter, library?.baseModels ?? []),
      datasetId: dataset?.id ?? datasets[0]?.id ?? '',
    });
    studio.go('train');
  },
};

/** In the first format that there is for it. */
const downloadAdapter: AdapterAction = {
  id: 'adapter-download',
  group: 'adapters',
  icon: Download,
  label: () => 'Download zip',
  blocked: (s, { id, exports }) => {
    if (s.pending.includes(`download ${id}`)) return 'It is being written.';
    return exportFormats.some((format) => exports[format] === null) ? null : 'There is no format for it.';
  },
  perform: (studio, { id, exports }) => {
    const format = exportFormats.find((one) => exports[one] === null);
    if (format) void studio.downloadAdapter(id, format);
  },
};

export const deleteAdapter: AdapterAction = {
  id: 'adapter-delete',
  group: 'adapters',
  icon: Trash2,
  label: () => 'Delete adapter',
  name: (_, { name }) => `Delete adapter ${name}`,
  help: 'Delete this adapter',
  blocked: ({ live, form }, { id }) =>
    isActive(live) && form?.startFrom === id ? 'A run goes on from it.' : null,
  perform: (studio, { id }) => studio.deleteSoon('adapter', id),
};

/** In the order of the palette. */
export const adapterActions: readonly AdapterAction[] = [startFrom, downloadAdapter, deleteAdapter];
