/** The data sets that come with the studio. Their files and sources are described in `public/datasets/README.md`. */
import { parseTable } from './csv/table';
import { type Dataset, fingerprintOf, type Split, type SplitName } from './dataset';
import { textsOf } from './texts';

export interface SampleDataset {
  readonly id: string;
  readonly name: string;
  /** Value in the file → class name, in the order of the classes. */
  readonly classes: readonly (readonly [value: string, name: string])[];
  readonly rows: Readonly<Record<SplitName, number>>;
  readonly citation: string;
}

export const sampleDatasets: readonly SampleDataset[] = [
  {
    id: 'rotten_tomatoes',
    name: 'Rotten Tomatoes',
    classes: [
      ['0', '👎'],
      ['1', '👍'],
    ],
    rows: { train: 8530, validation: 1066, test: 1066 },
    citation: 'Pang and Lee 2005, “Seeing stars”, ACL. Movie review sentences, negative or positive.',
  },
  {
    id: 'customer_reviews',
    name: 'Customer reviews',
    classes: [
      ['negative', 'negative'],
      ['positive', 'positive'],
    ],
    rows: { train: 3017, validation: 377, test: 377 },
    citation: 'Hu and Liu 2004, “Mining and summarizing customer reviews”, KDD. Sentences about products.',
  },
  {
    id: 'trec',
    name: 'TREC questions',
    classes: ['ABBR', 'DESC', 'ENTY', 'HUM', 'LOC', 'NUM'].map((name) => [name, name] as const),
    rows: { train: 4952, validation: 500, test: 500 },
    citation: 'Li and Roth 2002, “Learning question classifiers”, COLING. Questions by what they ask for.',
  },
];

/** Reads a sample's three files; `fetchText` gets a path below the site's base. */
export async function loadSample(
  sample: SampleDataset,
  fetchText: (path: string) => Promise<string>,
): Promise<Dataset> {
  const labelNames = sample.classes.map(([, name]) => name);
  const read = async (split: SplitName): Promise<Split> => {
    const path = `datasets/${sample.id}/${split}.csv`;
    const { columns, rows } = parseTable(await fetchText(path), path);
    const [text, label] = [columns.indexOf('text'), columns.indexOf('label')];
    const indexOf = new Map(sample.classes.map(([value], i) => [value, i]));
    return {
      texts: textsOf(rows.map((row) => row[text]!)),
      labels: Uint32Array.from(rows, (row) => indexOf.get(row[label]!)!),
    };
  };
  const [train, validation, test] = await Promise.all([read('train'), read('validation'), read('test')]);
  const content = { task: 'classification' as const, labelNames, splits: { train, validation, test } };
  return { id: sample.id, name: sample.name, ...content, fingerprint: await fingerprintOf(content) };
}
