/** What is stored and not about to be deleted, for whoever shows it or offers it. */
import { useMemo } from 'react';
import type { SetAsideRecord } from '../../protocol/records';
import type {
  AdapterSummary,
  BaseModelDescription,
  DatasetSummary,
  UnfinishedDownload,
} from '../../protocol/types';
import { useStudioState } from './context';
import { type DeletedKind, withoutDeleted } from './deletions';
import type { RunSummary } from './state';

const idOf = ({ id }: { readonly id: string }) => id;
const keyOf = ({ key }: SetAsideRecord) => key;

export const useRuns = (): readonly RunSummary[] =>
  usePresent(
    'run',
    useStudioState((s) => s.runs),
    idOf,
  );

export const useAdapters = (): readonly AdapterSummary[] =>
  usePresent(
    'adapter',
    useStudioState((s) => s.adapters),
    idOf,
  );

export const useDatasets = (): readonly DatasetSummary[] =>
  usePresent(
    'dataset',
    useStudioState((s) => s.datasets),
    idOf,
  );

export const useBaseModels = (): readonly BaseModelDescription[] =>
  usePresent(
    'model',
    useStudioState((s) => s.library?.baseModels ?? none),
    idOf,
  );

export const useUnfinishedDownloads = (): readonly UnfinishedDownload[] =>
  usePresent(
    'model',
    useStudioState((s) => s.library?.unfinished ?? none),
    idOf,
  );

export const useSetAside = (): readonly SetAsideRecord[] =>
  usePresent(
    'setAside',
    useStudioState((s) => s.setAside),
    keyOf,
  );

const none: readonly never[] = [];

function usePresent<T>(kind: DeletedKind, all: readonly T[], of: (one: T) => string): readonly T[] {
  const deletions = useStudioState((s) => s.deletions);
  return useMemo(() => withoutDeleted(all, deletions, kind, of), [all, deletions, kind, of]);
}
