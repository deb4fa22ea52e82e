/** From a table to a data set: guesses which column is what, reads the labels, splits. */
import { StudioError } from '../errors';
import type { Table } from './csv/table';
import { type Dataset, fingerprintOf, type Split, type SplitName, targetsOfRows } from './dataset';
import {
  describeColumn,
  type LabelColumn,
  type LabelKind,
  type ReadLabels,
  readLabels,
} from './label-columns';
import { splitOff } from './split';

const validationFraction = 0.1;

const textNames = /^(text|sentence|review|comment|content|body|message|question|title|utterance)/i;
const labelNames = /^(label|class|category|sentiment|target|intent|topic|rating|tag|score|stars|grade)/i;

/** Text: the column of the longest cells. Label: the one with the fewest distinct values, of those that repeat. */
export function guessColumns({ columns, rows }: Table): {
  readonly textColumn: string;
  readonly labelColumn: string;
} {
  const sample = rows.slice(0, 2000);
  const described = columns.map((name, i) => {
    const cells = sample.map((row) => row[i]!);
    return {
      name,
      meanLength: cells.reduce((sum, cell) => sum + cell.length, 0) / cells.length,
      distinct: new Set(cells).size,
    };
  });
  const byText = [...described].sort(
    (a, b) => Number(textNames.test(b.name)) - Number(textNames.test(a.name)) || b.meanLength - a.meanLength,
  );
  const text = byText[0]!;
  const byLabel = described
    .filter((column) => column !== text)
    .sort(
      (a, b) =>
        Number(labelNames.test(b.name)) - Number(labelNames.test(a.name)) ||
        Number(a.distinct < 2) - Number(b.distinct < 2) ||
        a.distinct - b.distinct,
    );
  return { textColumn: text.name, labelColumn: byLabel[0]!.name };
}

/** Every column as a label column would be read. */
export function describeColumns({ columns, rows }: Table): Readonly<Record<string, LabelColumn>> {
  return Object.fromEntries(columns.map((column, i) => [column, describeColumn(rows.map((row) => row[i]!))]));
}

export interface ColumnChoice {
  readonly textColumn: string;
  readonly labelColumn: string;
  readonly kind: LabelKind;
  readonly seed: number;
}

/** Throws `missing-column`, `same-column`, `empty-text`, `empty-split`, or what `readLabels` throws. */
export async function toDataset(
  table: Table,
  { textColumn, labelColumn, kind, seed }: ColumnChoice,
  id: string,
): Promise<Dataset> {
  const [textIndex, labelIndex] = [requireColumn(table, textColumn), requireColumn(table, labelColumn)];
  if (textIndex === labelIndex) {
    throw new StudioError(
      'same-column',
      `“${textColumn}” is chosen as text and as label.`,
      'Choose two different columns.',
    );
  }
  const texts = table.rows.map((row) => row[textIndex]!);
  requireTexts(table, texts, textColumn);
  const cells = table.rows.map((row) => row[labelIndex]!);
  const { labelNames, targets, groups } = readLabels(
    { fileName: table.fileName, name: labelColumn, cells },
    kind,
  );
  const splits = splitsOf(table, { texts, targets, groups }, seed);
  if (splits.train.texts.length === 0 || splits.validation.texts.length === 0) {
    throw new StudioError(
      'empty-split',
      `${table.fileName} has too few rows: ${splits.train.texts.length} for training and ${splits.validation.texts.length} for validation.`,
      'Add rows, at least two different texts of each class.',
    );
  }
  const content = { task: kind.task, labelNames, splits };
  return { id, name: table.fileName, ...content, fingerprint: await fingerprintOf(content) };
}

/** The splits that a column of that name tells; else a tenth is kept for validation. */
function splitsOf(
  { columns, rows }: Table,
  { texts, targets, groups }: { readonly texts: readonly string[] } & Pick<ReadLabels, 'targets' | 'groups'>,
  seed: number,
): Dataset['splits'] {
  const pick = (chosen: readonly number[]): Split => ({
    texts: chosen.map((row) => texts[row]!),
    labels: targetsOfRows(targets, texts.length, chosen),
  });
  const splitIndex = columns.findIndex((name) => /^split$/i.test(name));
  const told = (name: SplitName) =>
    rows.flatMap((row, i) => ((splitIndex < 0 ? 'train' : splitName(row[splitIndex]!)) === name ? [i] : []));
  const [train, validation, test] = [told('train'), told('validation'), told('test')];
  const drawn = () => {
    const sides = splitOff(
      train.map((row) => texts[row]!),
      train.map((row) => groups[row]!),
      validationFraction,
      seed,
    );
    const rowsOf = (side: readonly number[]) => pick(side.map((i) => train[i]!));
    return { train: rowsOf(sides.train), validation: rowsOf(sides.validation) };
  };
  return {
    ...(validation.length > 0 ? { train: pick(train), validation: pick(validation) } : drawn()),
    ...(test.length > 0 ? { test: pick(test) } : {}),
  };
}

function requireColumn({ columns, fileName }: Table, name: string): number {
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  throw new StudioError(
    'missing-column',
    `${fileName} has no column “${name}”.`,
    `Choose one of: ${columns.join(', ')}.`,
  );
}

function requireTexts({ fileName }: Table, texts: readonly string[], column: string): void {
  const row = texts.findIndex((text) => text.trim() === '');
  if (row < 0) return;
  throw new StudioError(
    'empty-text',
    `Row ${row + 1} of ${fileName} (the header not counted) has nothing in “${column}”.`,
    'Fill it in or remove the row.',
  );
}

function splitName(value: string): SplitName {
  if (/^(validation|valid|val|dev|eval)/i.test(value.trim())) return 'validation';
  return /^test/i.test(value.trim()) ? 'test' : 'train';
}
