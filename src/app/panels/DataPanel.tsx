/** The data sets at full width: choosing one, bringing a file with its columns, and looking at the chosen one's rows. */
import { useStudioState } from '../store/context';
import { Examples } from './ColumnMapping';
import { DatasetChoice, DatasetLabels, useChosenDataset } from './DatasetChoice';
import { DatasetFile } from './DatasetFile';
import { Opening } from './Opening';
import { OwnDataset } from './OwnDataset';

export function DataPanel() {
  const isOpen = useStudioState((s) => s.form !== null);
  const dataset = useChosenDataset();
  return (
    <div className="data-columns">
      <section className="panel data-choice" aria-label="Data sets">
        <h2>Data sets</h2>
        {isOpen ? (
          <>
            <DatasetChoice />
            <DatasetFile />
          </>
        ) : (
          <Opening />
        )}
      </section>
      {dataset && (
        <section className="panel data-choice" aria-label="Chosen data set">
          <h2>{dataset.name}</h2>
          <h3>Labels of the training rows</h3>
          <DatasetLabels dataset={dataset} />
          <h3>Some of its rows</h3>
          <Examples rows={dataset.preview} />
          {dataset.source === 'file' && <OwnDataset dataset={dataset} />}
        </section>
      )}
    </div>
  );
}
