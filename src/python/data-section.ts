/** The lines of a script that read the rows and make them what the model takes. */
import { evaluationSeed } from '../runs/settings';
import { literal } from './literal';
import type { Section } from './section';
import type { ScriptSource } from './source';

export function dataSection({ settings, dataset }: ScriptSource): Section {
  const { task, labels } = dataset;
  const weighted = task === 'classification' && settings.classWeights === 'balanced';
  const { trainingRows, validationRows } = settings;
  return {
    imports: [
      'csv',
      ...(trainingRows !== null || validationRows !== null || weighted ? ['torch'] : []),
      ...(weighted ? ['collections.Counter'] : []),
    ],
    lines: [
      ...(task === 'regression' ? [] : [`labels = ${literal(labels)}`, '']),
      '',
      'def read(path):',
      '    with open(path, newline="", encoding="utf-8-sig") as file:',
      '        return list(csv.DictReader(file))',
      '',
      '',
      "# Two columns, text and label; a run's replay files in the studio are these.",
      ...(task === 'multilabel'
        ? ['# Labels of a row are joined by "|", which none may have in its name.']
        : []),
      'train_rows, validation_rows = read("train.csv"), read("validation.csv")',
      ...(weighted
        ? [
            '# Balanced: rare classes weigh more.',
            'counts = Counter(row["label"] for row in train_rows)',
            'weights = torch.tensor(',
            '    [len(train_rows) / (len(labels) * max(1, counts[label])) for label in labels]',
            ')',
          ]
        : []),
      ...(trainingRows === null
        ? []
        : [
            '# The same rows as in the studio: the first of the seeded order.',
            `generator = torch.Generator().manual_seed(${settings.seed})`,
            `if ${trainingRows} < len(train_rows):`,
            `    chosen = torch.randperm(len(train_rows), generator=generator)[:${trainingRows}]`,
            '    train_rows = [train_rows[i] for i in chosen.tolist()]',
          ]),
      ...(validationRows === null
        ? []
        : [
            '# Each evaluation reads the same rows as in the studio, whatever the seed.',
            'evaluated_rows = validation_rows',
            `if ${validationRows} < len(validation_rows):`,
            `    generator = torch.Generator().manual_seed(${evaluationSeed})`,
            `    chosen = torch.randperm(len(validation_rows), generator=generator)[:${validationRows}]`,
            '    evaluated_rows = [validation_rows[i] for i in sorted(chosen.tolist())]',
          ]),
    ],
  };
}

const targets: Readonly<Record<ScriptSource['dataset']['task'], string>> = {
  classification: 'labels.index(row["label"])',
  multilabel: '[float(label in row["label"].split("|")) for label in labels]',
  regression: 'float(row["label"])',
};

/** After the tokenizer is there. */
export function encodingSection({ settings, dataset }: ScriptSource): Section {
  return {
    imports: [],
    lines: [
      '',
      'def encode(rows):',
      '    return [',
      '        {',
      `            **tokenizer(row["text"], truncation=True, max_length=${settings.maxLength}),`,
      `            "labels": ${targets[dataset.task]},`,
      '        }',
      '        for row in rows',
      '    ]',
      '',
    ],
  };
}
