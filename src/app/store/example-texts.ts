/** Texts to try an adapter on: rows of the data it was trained on, or for one that came as a file of the form's. */
import { useMemo } from 'react';
import type { AdapterSummary } from '../../protocol/types';
import { useStudioState } from './context';

/** Each in one line; none where the data set is gone. */
export function useExampleTexts(adapter: AdapterSummary | undefined): readonly string[] {
  const dataset = useStudioState((s) =>
    s.datasets.find(({ id }) => id === (adapter?.datasetId || s.form?.datasetId)),
  );
  return useMemo(
    () => (dataset?.preview ?? []).map(({ text }) => text.replace(/\s+/g, ' ').trim()),
    [dataset],
  );
}
