/** What a table is, told as its rows pass by: how many, the first of them, which column is what. */
import { type LabelColumn, LabelColumnDescriber, ownCopy } from './label-columns';

const previewRows = 8;
/** Of a cell that is shown. */
const previewLength = 2000;
/** Rows that a guess looks at. */
const sampleRows = 2000;

const textNames = /^(text|sentence|review|comment|content|body|message|question|title|utterance)/i;
const labelNames = /^(label|class|category|sentiment|target|intent|topic|rating|tag|score|stars|grade)/i;

export interface TableDescription {
  readonly rowCount: number;
  /** The first ones; long cells end in “…”. */
  readonly rows: readonly (readonly string[])[];
  readonly guess: { readonly textColumn: string; readonly labelColumn: string };
  /** What each column would be as a label column. */
  readonly labelColumns: Readonly<Record<string, LabelColumn>>;
  /** Characters in all cells of each column. */
  readonly lengths: Readonly<Record<string, number>>;
}

export class TableDescriber {
  readonly #columns: readonly ColumnDescriber[];
  readonly #preview: string[][] = [];
  #rows = 0;

  constructor(columns: readonly string[]) {
    this.#columns = columns.map((name) => new ColumnDescriber(name));
  }

  add(cells: readonly string[]): void {
    if (this.#rows < previewRows) this.#preview.push(cells.map(shortened));
    const isSampled = this.#rows < sampleRows;
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i]!.add(cells[i]!, isSampled);
    this.#rows += 1;
  }

  describe(): TableDescription {
    const byName = <T>(of: (column: ColumnDescriber) => T) =>
      Object.fromEntries(this.#columns.map((column) => [column.name, of(column)]));
    return {
      rowCount: this.#rows,
      rows: this.#preview,
      guess: guessColumns(this.#columns),
      labelColumns: byName(({ labels }) => labels.describe()),
      lengths: byName(({ labels }) => labels.length),
    };
  }
}

class ColumnDescriber {
  readonly name: string;
  readonly labels = new LabelColumnDescriber();
  /** Characters and different cells of the sampled rows. */
  sampledLength = 0;
  readonly distinct = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  add(cell: string, isSampled: boolean): void {
    this.labels.add(cell);
    if (!isSampled) return;
    this.sampledLength += cell.length;
    this.distinct.add(ownCopy(cell));
  }
}

/** Cut between two characters. */
export function shortened(cell: string): string {
  if (cell.length <= previewLength) return ownCopy(cell);
  return `${ownCopy(cell.slice(0, previewLength).replace(/[\ud800-\udbff]$/, ''))}…`;
}

/** Text: the column of the longest cells. Label: the one with the fewest distinct values, of those that repeat. */
function guessColumns(columns: readonly ColumnDescriber[]): TableDescription['guess'] {
  const byText = [...columns].sort(
    (a, b) =>
      Number(textNames.test(b.name)) - Number(textNames.test(a.name)) || b.sampledLength - a.sampledLength,
  );
  const text = byText[0]!;
  const byLabel = columns
    .filter((column) => column !== text)
    .sort(
      (a, b) =>
        Number(labelNames.test(b.name)) - Number(labelNames.test(a.name)) ||
        Number(a.distinct.size < 2) - Number(b.distinct.size < 2) ||
        a.distinct.size - b.distinct.size,
    );
  return { textColumn: text.name, labelColumn: byLabel[0]!.name };
}
