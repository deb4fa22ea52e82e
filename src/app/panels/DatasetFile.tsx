/** A person's own file: choosing or dropping it, then saying which column is what. */
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import type { FilePreview } from '../../protocol/types';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { SelectField } from './fields';

export function DatasetFile() {
  const studio = useStudio();
  const importing = useStudioState((s) => s.importing);
  const reading = useStudioState((s) => s.pending.includes('inspect'));
  if (importing) return <ColumnMapping key={importing.importId} preview={importing} />;
  return (
    <div className="dropzone">
      <FileUp size={18} aria-hidden />
      <label htmlFor="dataset-file">Dataset file</label>
      <input
        id="dataset-file"
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file can be chosen again after it was corrected.
          event.target.value = '';
          if (file) void studio.inspectFile(file);
        }}
      />
      <p className="field-help">
        {reading ? 'Reading…' : 'CSV or TSV with a text and a label column. Choose it, or drop it anywhere.'}
      </p>
    </div>
  );
}

function ColumnMapping({ preview }: { readonly preview: FilePreview }) {
  const studio = useStudio();
  const importing = useStudioState((s) => s.pending.includes('import'));
  const [textColumn, setTextColumn] = useState(preview.guess.textColumn);
  const [labelColumn, setLabelColumn] = useState(preview.guess.labelColumn);
  const options = preview.columns.map((column) => ({ value: column, label: column }));
  const [textIndex, labelIndex] = [preview.columns.indexOf(textColumn), preview.columns.indexOf(labelColumn)];
  const counts = preview.valueCounts[labelColumn];
  return (
    <section className="mapping" aria-label={`Columns of ${preview.fileName}`}>
      <h3>{preview.fileName}</h3>
      <p className="field-help">{formatCount(preview.rowCount)} rows. Which column is what?</p>
      <div className="field-grid">
        <SelectField label="Text column" value={textColumn} options={options} onChange={setTextColumn} />
        <SelectField label="Label column" value={labelColumn} options={options} onChange={setLabelColumn} />
      </div>
      {counts ? (
        <LabelCounts counts={counts} />
      ) : (
        <p className="field-problem">“{labelColumn}” has more than 50 different values; classes repeat.</p>
      )}
      <Examples
        rows={preview.rows
          .slice(0, 4)
          .map((row) => ({ text: row[textIndex] ?? '', label: row[labelIndex] ?? '' }))}
      />
      <div className="actions">
        <button
          type="button"
          className="button primary"
          disabled={importing}
          onClick={() => void studio.createDataset(textColumn, labelColumn)}
        >
          Use this data
        </button>
        <button type="button" className="button" onClick={() => studio.cancelImport()}>
          Cancel
        </button>
      </div>
    </section>
  );
}

export function LabelCounts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const entries = Object.entries(counts);
  const largest = Math.max(...entries.map(([, count]) => count));
  return (
    <ul className="label-counts" aria-label="Rows by label">
      {entries.map(([label, count]) => (
        <li key={label}>
          <span className="label-name">{label}</span>
          <span className="bar" style={{ width: `${(100 * count) / largest}%` }} aria-hidden />
          <span className="count">{formatCount(count)}</span>
        </li>
      ))}
    </ul>
  );
}

export function Examples({
  rows,
}: {
  readonly rows: readonly { readonly text: string; readonly label: string }[];
}) {
  return (
    <ul className="examples" aria-label="Examples">
      {rows.map(({ text, label }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a preview have no identity and do not move
        <li key={i}>
          <span className="tag">{label}</span>
          <span className="example-text">{text}</span>
        </li>
      ))}
    </ul>
  );
}
