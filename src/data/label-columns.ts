/**
 * What the cells of a column are as labels: one of several classes, several labels at once, a number. Describes a column and
 * guesses; reads its cells into targets.
 */
import { StudioError } from '../errors';
import { isNumber, type NumberRange, orderLabels, rangeOf, type Targets } from './dataset';

/** What may stand between several labels in one cell, the rarer sign in texts first. */
const separators = ['|', ';', ','] as const;
type Separator = (typeof separators)[number];

/** How a column of labels is to be read. */
export type LabelKind =
  | { readonly task: 'classification' }
  | { readonly task: 'multilabel'; readonly separator: Separator }
  | { readonly task: 'regression' };

type Counts = Readonly<Record<string, number>>;

export interface LabelColumn {
  readonly guess: LabelKind;
  /** Distinct values with their counts; null where there are more than 50. */
  readonly values: Counts | null;
  /** The same of the parts between each separator that occurs. */
  readonly parts: Readonly<Partial<Record<Separator, Counts | null>>>;
  /** Null where not all cells are numbers. */
  readonly range: NumberRange | null;
}

const maxCounted = 50;
const maxClasses = 1000;
/** Rows that a guess looks at. */
const sampleRows = 2000;
/** More different numbers than any rating or class id has in common use. */
const manyNumbers = 20;

const partsOf = (cell: string, separator: string) => [
  ...new Set(
    cell
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

function countsOf(values: Iterable<string>): Counts | null {
  const counts = new Map<string, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > maxCounted) return null;
  }
  return Object.fromEntries(counts);
}

export function describeColumn(cells: readonly string[]): LabelColumn {
  const trimmed = cells.map((cell) => cell.trim());
  const occurring = separators.filter((separator) => trimmed.some((cell) => cell.includes(separator)));
  return {
    guess: guessKind(trimmed.slice(0, sampleRows).filter((cell) => cell !== '')),
    values: countsOf(trimmed),
    parts: Object.fromEntries(
      occurring.map((separator) => [
        separator,
        countsOf(trimmed.flatMap((cell) => partsOf(cell, separator))),
      ]),
    ),
    range: trimmed.every(isNumber) ? rangeOf(trimmed.map(Number)) : null,
  };
}

/**
 * A number where the cells are numbers with many different values. Several labels where parts between a separator repeat in
 * new combinations: no more different parts than different cells, so that names like `Paris, France` stay classes.
 */
function guessKind(cells: readonly string[]): LabelKind {
  const distinct = new Set(cells);
  if (cells.length > 0 && cells.every(isNumber)) {
    const many = distinct.size > manyNumbers || (distinct.size >= 5 && 2 * distinct.size > cells.length);
    return { task: many ? 'regression' : 'classification' };
  }
  const joining = separators
    .map((separator) => {
      const parts = cells.map((cell) => partsOf(cell, separator));
      const different = new Set(parts.flat()).size;
      const repeats = parts.flat().length >= 2 * different && different <= distinct.size;
      return { separator, cells: repeats ? parts.filter(({ length }) => length > 1).length : 0 };
    })
    .filter((candidate) => candidate.cells > 0)
    .sort((a, b) => b.cells - a.cells);
  return joining[0] ? { task: 'multilabel', separator: joining[0].separator } : { task: 'classification' };
}

export interface ReadLabels {
  readonly labelNames: readonly string[];
  readonly targets: Targets;
  /** For a split that keeps shares: the class, the rarest of a row's labels, nothing for numbers. */
  readonly groups: ArrayLike<number>;
}

interface Column {
  readonly fileName: string;
  readonly name: string;
  readonly cells: readonly string[];
}

/** Throws `empty-label`, `one-class`, `too-many-classes`, `not-a-number` or `one-number`. */
export function readLabels(column: Column, kind: LabelKind): ReadLabels {
  switch (kind.task) {
    case 'classification':
      return readClasses(column);
    case 'multilabel':
      return readSeveral(column, kind.separator);
    case 'regression':
      return readNumbers(column);
  }
}

function readClasses(column: Column): ReadLabels {
  const { fileName, name } = column;
  const cells = column.cells.map((cell) => cell.trim());
  requireFilled(column);
  const labelNames = orderLabels(cells);
  if (labelNames.length < 2)
    throw new StudioError(
      'one-class',
      `All rows of ${fileName} have the label “${labelNames[0]}”.`,
      `There is nothing to learn from one class. Choose another label column than “${name}”, or add rows of other classes.`,
    );
  if (labelNames.length > maxClasses || labelNames.length === cells.length)
    throw tooMany(
      column,
      `“${name}” has ${labelNames.length} different values in ${cells.length} rows; that is no set of classes.`,
    );
  const indexOf = new Map(labelNames.map((label, i) => [label, i]));
  const targets = Uint32Array.from(cells, (cell) => indexOf.get(cell)!);
  return { labelNames, targets, groups: targets };
}

function tooMany({ cells }: Column, message: string): StudioError {
  const hint = 'Choose a column whose values repeat, with at most 1,000 different ones.';
  return new StudioError(
    'too-many-classes',
    message,
    cells.every(isNumber)
      ? `If it is a quantity to be predicted, choose “A number” as what the labels are. Else: ${hint}`
      : hint,
  );
}

/** An empty cell is a text without any of the labels. */
function readSeveral(column: Column, separator: Separator): ReadLabels {
  const { fileName, name } = column;
  const rows = column.cells.map((cell) => partsOf(cell, separator));
  const labelNames = orderLabels(rows.flat());
  if (labelNames.length < 2)
    throw new StudioError(
      'one-class',
      `“${name}” of ${fileName} has ${labelNames.length === 0 ? 'no labels' : `the one label “${labelNames[0]}”`} between “${separator}”.`,
      'Choose another separator or column, or one of several classes as what the labels are.',
    );
  if (labelNames.length > maxClasses)
    throw tooMany(column, `“${name}” has ${labelNames.length} different labels between “${separator}”.`);
  const indexOf = new Map(labelNames.map((label, i) => [label, i]));
  const targets = new Float32Array(rows.length * labelNames.length);
  const counts = new Array<number>(labelNames.length).fill(0);
  rows.forEach((labels, row) => {
    for (const label of labels) {
      targets[row * labelNames.length + indexOf.get(label)!] = 1;
      counts[indexOf.get(label)!]! += 1;
    }
  });
  const groups = rows.map((labels) =>
    labels
      .map((label) => indexOf.get(label)!)
      .reduce((rarest, i) => (rarest < 0 || counts[i]! < counts[rarest]! ? i : rarest), -1),
  );
  return { labelNames, targets, groups: groups.map((group) => (group < 0 ? labelNames.length : group)) };
}

function readNumbers(column: Column): ReadLabels {
  const { fileName, name, cells } = column;
  requireFilled(column);
  const wrong = cells.findIndex((cell) => !isNumber(cell));
  if (wrong >= 0)
    throw new StudioError(
      'not-a-number',
      `Row ${wrong + 1} of ${fileName} (the header not counted) has “${cells[wrong]!.trim()}” in “${name}”, which is no number.`,
      'Write numbers with a decimal point and nothing else in the cell, or choose something else as what the labels are.',
    );
  const targets = Float32Array.from(cells, Number);
  const { minimum, maximum } = rangeOf(targets);
  if (!Number.isFinite(minimum) || !Number.isFinite(maximum))
    throw new StudioError(
      'not-a-number',
      `“${name}” of ${fileName} has numbers beyond what 32-bit floats hold.`,
      'Scale the column, in millions say.',
    );
  if (minimum === maximum)
    throw new StudioError(
      'one-number',
      `All rows of ${fileName} have the number ${minimum} in “${name}”.`,
      'There is nothing to learn from one value. Choose another label column, or add rows with other numbers.',
    );
  return { labelNames: [name], targets, groups: new Uint8Array(cells.length) };
}

function requireFilled({ fileName, name, cells }: Column): void {
  const row = cells.findIndex((cell) => cell.trim() === '');
  if (row < 0) return;
  throw new StudioError(
    'empty-label',
    `Row ${row + 1} of ${fileName} (the header not counted) has nothing in “${name}”.`,
    'Fill it in or remove the row.',
  );
}
