/** A read file before it becomes data: which column is what, and what the labels are. */
import { useRef } from 'react';
import { type FilePreview, type LabelKind, sampleSize } from '../../protocol/types';
import type { TaskType } from '../../task';
import { formatBytes, formatCount, formatNumber } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useDraft } from '../store/use-draft';
import { useFocusHandedOn } from '../use-focus-handed-on';
import { BusyButton } from './BusyButton';
import { SelectField } from './fields';
import { ImportRow } from './ImportRow';

type Separator = Extract<LabelKind, { task: 'multilabel' }>['separator'];

const separatorNames: Readonly<Record<Separator, string>> = {
  '|': 'Bar |',
  ';': 'Semicolon ;',
  ',': 'Comma ,',
};

const taskNames: Readonly<Record<TaskType, string>> = {
  classification: 'One of several classes',
  multilabel: 'Several labels at once',
  regression: 'A number',
};

interface ColumnMappingProps {
  readonly preview: FilePreview;
  /** It went with the focus inside. */
  readonly onGone: () => void;
}

export function ColumnMapping({ preview, onGone }: ColumnMappingProps) {
  const section = useRef<HTMLElement>(null);
  useFocusHandedOn(section, onGone);
  const studio = useStudio();
  const importing = useStudioState((s) => s.pending.includes('import'));
  const progress = useStudioState((s) => s.importProgress);
  const [textColumn, setTextColumn] = useDraft(`${preview.importId} text`, preview.guess.textColumn);
  const [labelColumn, setLabelColumn] = useDraft(`${preview.importId} label`, preview.guess.labelColumn);
  /** What was chosen for a column; the guess holds for the others. */
  const [chosen, setChosen] = useDraft<Readonly<Record<string, LabelKind>>>(`${preview.importId} kinds`, {});
  const [rows, setRows] = useDraft<'sample' | 'all'>(`${preview.importId} rows`, 'sample');
  const options = preview.columns.map((column) => ({ value: column, label: column }));
  const [textIndex, labelIndex] = [preview.columns.indexOf(textColumn), preview.columns.indexOf(labelColumn)];
  const described = preview.labelColumns[labelColumn];
  const kind: LabelKind = chosen[labelColumn] ?? described?.guess ?? { task: 'classification' };
  const found = Object.keys(described?.parts ?? {}) as Separator[];
  const choose = (next: LabelKind) => setChosen({ ...chosen, [labelColumn]: next });
  return (
    <section ref={section} className="mapping" tabIndex={-1} aria-label={`Columns of ${preview.fileName}`}>
      <h3>{preview.fileName}</h3>
      <p className="field-help">{formatCount(preview.rowCount)} rows. Which column is what?</p>
      {preview.strayQuotes === 'keep' && (
        <p className="field-help">
          Read with the marks kept: a cell with text after its closing quotation mark stands as it is in the
          file, marks included.
        </p>
      )}
      <div className="field-grid">
        <SelectField label="Text column" value={textColumn} options={options} onChange={setTextColumn} />
        <SelectField label="Label column" value={labelColumn} options={options} onChange={setLabelColumn} />
      </div>
      <SelectField
        label="The labels are"
        value={kind.task}
        options={Object.entries(taskNames).map(([value, label]) => ({ value, label }))}
        onChange={(task) =>
          choose(
            task === 'multilabel'
              ? { task, separator: found[0] ?? ',' }
              : { task: task as Exclude<TaskType, 'multilabel'> },
          )
        }
      />
      {kind.task === 'multilabel' && (
        <SelectField
          label="Between them"
          value={kind.separator}
          options={Object.entries(separatorNames).map(([value, label]) => ({ value, label }))}
          onChange={(separator) => choose({ task: 'multilabel', separator: separator as Separator })}
        />
      )}
      {described && <LabelSummary column={labelColumn} kind={kind} described={described} />}
      <Examples
        rows={preview.rows
          .slice(0, 4)
          .map((row) => ({ text: row[textIndex] ?? '', label: row[labelIndex] ?? '' }))}
      />
      {preview.rowCount > sampleSize && (
        <RowsChoice preview={preview} textColumn={textColumn} value={rows} onChange={setRows} />
      )}
      {importing && progress ? (
        <ImportRow progress={progress} />
      ) : (
        <Answer
          isBusy={importing}
          onUse={() => void studio.createDataset({ textColumn, labelColumn, kind, rows })}
          onGone={() => section.current?.focus({ preventScroll: true })}
        />
      )}
    </section>
  );
}

interface AnswerProps {
  readonly isBusy: boolean;
  readonly onUse: () => void;
  readonly onGone: () => void;
}

function Answer({ isBusy, onUse, onGone }: AnswerProps) {
  const studio = useStudio();
  const box = useRef<HTMLDivElement>(null);
  useFocusHandedOn(box, onGone);
  return (
    <div ref={box} className="actions">
      <BusyButton className="button primary" isBusy={isBusy} onClick={onUse}>
        Use this data
      </BusyButton>
      <button type="button" className="button" onClick={() => void studio.cancelImport()}>
        Cancel
      </button>
    </div>
  );
}

interface RowsChoiceProps {
  readonly preview: FilePreview;
  readonly textColumn: string;
  readonly value: 'sample' | 'all';
  readonly onChange: (value: 'sample' | 'all') => void;
}

/** Of a large file: a sample of its rows, or all of them with what they need. */
function RowsChoice({ preview, textColumn, value, onChange }: RowsChoiceProps) {
  const { rowCount, canTakeAll, needs } = preview;
  const need = needs[textColumn];
  return (
    <SelectField
      label="Rows"
      value={value}
      options={[
        { value: 'sample', label: `A sample of ${formatCount(sampleSize)}` },
        ...(canTakeAll ? [{ value: 'all', label: `All ${formatCount(rowCount)}` }] : []),
      ]}
      onChange={(next) => onChange(next as 'sample' | 'all')}
      help={
        need && canTakeAll
          ? `All of them take about ${formatBytes(need.diskBytes)} on the disk, and up to ${formatBytes(need.memoryBytes)} of memory in a run on all of them. The sample is drawn with the form’s seed.`
          : 'The sample is drawn with the form’s seed. All of these are more than a data set holds.'
      }
    />
  );
}

interface LabelSummaryProps {
  readonly column: string;
  readonly kind: LabelKind;
  readonly described: FilePreview['labelColumns'][string];
}

/** What the column holds when it is read so, or why it cannot be. */
function LabelSummary({ column, kind, described }: LabelSummaryProps) {
  if (kind.task === 'regression')
    return described.range ? (
      <NumberSummary range={described.range} />
    ) : (
      <p className="field-problem">“{column}” has cells that are no numbers.</p>
    );
  const counts =
    kind.task === 'classification'
      ? described.values
      : // A separator that no cell has leaves whole cells.
        kind.separator in described.parts
        ? (described.parts[kind.separator] ?? null)
        : described.values;
  if (counts) return <LabelCounts counts={counts} />;
  return (
    <p className="field-problem">
      “{column}” has more than 50 different {kind.task === 'multilabel' ? 'labels' : 'values; classes repeat'}
      {described.range && kind.task === 'classification' ? '. If it is a quantity, choose “A number”' : ''}.
    </p>
  );
}

/** Heads begin at about 0, and steps are small: what is far from there takes long to reach. */
const farFromZero = 100;

export function NumberSummary({
  range: { minimum, maximum, mean },
}: {
  readonly range: NonNullable<LabelSummaryProps['described']['range']>;
}) {
  const isFar = Math.max(Math.abs(minimum), Math.abs(maximum)) > farFromZero;
  return (
    <p className="field-help">
      Numbers from {formatNumber(minimum)} to {formatNumber(maximum)}, {formatNumber(mean)} on average.
      {isFar && ' Numbers this large are learned slowly: scale them in the file, in thousands say.'}
    </p>
  );
}

export function LabelCounts({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const entries = Object.entries(counts);
  const largest = Math.max(...entries.map(([, count]) => count));
  return (
    <ul className="label-counts" aria-label="Rows by label">
      {entries.map(([label, count]) => (
        <li key={label}>
          <span className="label-name" title={label}>
            {label}
          </span>
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
          <span className="tag" title={label}>
            {label || '–'}
          </span>
          <span className="example-text">{text}</span>
        </li>
      ))}
    </ul>
  );
}
