/** Which data set the next run trains on, and what there is to know of it. */
import type { DatasetSummary } from '../../protocol/types';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useDatasets } from '../store/present';
import { LabelCounts, NumberSummary } from './ColumnMapping';
import { SelectField } from './fields';

/** Of the form; undefined until the studio is open. */
export const useChosenDataset = (): DatasetSummary | undefined =>
  useStudioState((s) => s.datasets.find(({ id }) => id === s.form?.datasetId));

export function DatasetChoice() {
  const studio = useStudio();
  const datasets = useDatasets();
  const dataset = useChosenDataset();
  return (
    <>
      <SelectField
        label="Dataset"
        value={dataset?.id ?? ''}
        options={datasets.map(({ id, name, source }) => ({
          value: id,
          label: source === 'file' ? `${name} (yours)` : name,
        }))}
        onChange={(datasetId) => studio.edit({ datasetId })}
      />
      {dataset && (
        <p className="field-help">
          {formatCount(dataset.rows.train)} training, {formatCount(dataset.rows.validation)} validation
          {dataset.rows.test === null ? '' : `, ${formatCount(dataset.rows.test)} test`} rows.{' '}
          {dataset.citation}
        </p>
      )}
    </>
  );
}

/** Its labels and how often each is there, or its numbers. */
export function DatasetLabels({
  dataset: { labels, labelCounts, range },
}: {
  readonly dataset: DatasetSummary;
}) {
  return (
    <>
      {labelCounts && (
        <LabelCounts counts={Object.fromEntries(labels.map((label, i) => [label, labelCounts[i] ?? 0]))} />
      )}
      {range && <NumberSummary range={range} />}
    </>
  );
}
