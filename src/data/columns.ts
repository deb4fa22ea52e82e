/** From a table to a data set: guesses which column is what, maps labels to classes, splits. */
import { StudioError } from '../errors';
import type { Table } from './csv';
import { type Dataset, fingerprintOf, orderLabels, type Split, type SplitName } from './dataset';
import { splitOff } from './split';

const maxClasses = 1000;
const validationFraction = 0.1;

const textNames = /^(text|sentence|review|comment|content|body|message|question|title|utterance)/i;
const labelNames = /^(label|class|category|sentiment|target|intent|topic|rating|tag)/i;

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

/** How often each value of a column occurs; null where there are more than `limit`. */
export function valueCounts(
  { columns, rows }: Table,
  column: string,
  limit = 50,
): Readonly<Record<string, number>> | null {
  const index = columns.indexOf(column);
  const counts = new Map<string, number>();
  for (const row of rows) {
    counts.set(row[index]!, (counts.get(row[index]!) ?? 0) + 1);
    if (counts.size > limit) return null;
  }
  return Object.fromEntries(counts);
}

export interface ColumnChoice {
  readonly textColumn: string;
  readonly labelColumn: string;
  readonly seed: number;
}

/** Throws `missing-column`, `same-column`, `empty-text`, `empty-label`, `one-class`, `too-many-classes` or `empty-split`. */
export async function toDataset(
  table: Table,
  { textColumn, labelColumn, seed }: ColumnChoice,
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
  const splitIndex = table.columns.findIndex((name) => /^split$/i.test(name));
  const rows = table.rows.map((row) => ({
    text: row[textIndex]!,
    label: row[labelIndex]!.trim(),
    split: splitIndex < 0 ? 'train' : splitName(row[splitIndex]!),
  }));
  requireFilled(
    table,
    rows.findIndex(({ text }) => text.trim() === ''),
    'empty-text',
    textColumn,
  );
  requireFilled(
    table,
    rows.findIndex(({ label }) => label === ''),
    'empty-label',
    labelColumn,
  );
  const classes = orderLabels(rows.map(({ label }) => label));
  requireClasses(table, classes, labelColumn);
  const indexOf = new Map(classes.map((label, i) => [label, i]));
  const pick = (split: SplitName): Split => {
    const chosen = rows.filter((row) => row.split === split);
    return {
      texts: chosen.map(({ text }) => text),
      labels: Uint32Array.from(chosen, ({ label }) => indexOf.get(label)!),
    };
  };
  const [train, validation, test] = [pick('train'), pick('validation'), pick('test')];
  const splits = {
    ...(validation.texts.length > 0 ? { train, validation } : splitOff(train, validationFraction, seed)),
    ...(test.texts.length > 0 ? { test } : {}),
  };
  if (splits.train.texts.length === 0 || splits.validation.texts.length === 0) {
    throw new StudioError(
      'empty-split',
      `${table.fileName} has too few rows: ${splits.train.texts.length} for training and ${splits.validation.texts.length} for validation.`,
      'Add rows, at least two different texts of each class.',
    );
  }
  return {
    id,
    name: table.fileName,
    labelNames: classes,
    splits,
    fingerprint: await fingerprintOf({ labelNames: classes, splits }),
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

function requireFilled(
  { fileName }: Table,
  row: number,
  code: 'empty-text' | 'empty-label',
  column: string,
): void {
  if (row < 0) return;
  throw new StudioError(
    code,
    `Row ${row + 1} of ${fileName} (the header not counted) has nothing in “${column}”.`,
    'Fill it in or remove the row.',
  );
}

function requireClasses({ fileName, rows }: Table, classes: readonly string[], column: string): void {
  if (classes.length < 2) {
    throw new StudioError(
      'one-class',
      `All rows of ${fileName} have the label “${classes[0]}”.`,
      `There is nothing to learn from one class. Choose another label column than “${column}”, or add rows of other classes.`,
    );
  }
  if (classes.length > maxClasses || classes.length === rows.length) {
    throw new StudioError(
      'too-many-classes',
      `“${column}” has ${classes.length} different values in ${rows.length} rows; that is no set of classes.`,
      'Choose a column whose values repeat, with at most 1,000 different ones.',
    );
  }
}

function splitName(value: string): SplitName {
  if (/^(validation|valid|val|dev|eval)/i.test(value.trim())) return 'validation';
  return /^test/i.test(value.trim()) ? 'test' : 'train';
}
