/** The lines of a script that train, evaluate and save. */
import { appliesTo, formatSettingValue, trainingArguments } from '../runs/setting';
import { type SettingKey, settingRows } from '../runs/setting-table';
import { assign, call, Expression, literal, type PythonValue } from './literal';
import type { Section } from './section';
import { isComposed, isOfPeft, type ScriptSource, trainsAdapter } from './source';

/** Where the script writes what it trained. */
const output = 'trained';

export function trainingSection(source: ScriptSource): Section {
  const { settings, dataset } = source;
  const { padding, gradientAccumulationSteps, accumulationMode, maxLength, validationRows } = settings;
  const trainerClass = trainsAdapter(source) && !isOfPeft(source) ? 'AdapterTrainer' : 'Trainer';
  const isWeighted = dataset.task === 'classification' && settings.classWeights === 'balanced';
  const accumulates = gradientAccumulationSteps > 1;
  const library = trainerClass === 'AdapterTrainer' ? 'adapters' : 'transformers';
  return {
    imports: [
      `${library}.${trainerClass}`,
      'transformers.DataCollatorWithPadding',
      'transformers.TrainingArguments',
      ...(isWeighted ? ['torch'] : []),
    ],
    lines: [
      '',
      ...metricLines[dataset.task],
      '',
      ...(isWeighted ? ['', ...weightedTrainer(trainerClass), ''] : []),
      '',
      ...notes(source),
      assign('args', 'TrainingArguments', [], argumentsOf(source, trainerClass)),
      assign('trainer', isWeighted ? 'WeightedTrainer' : trainerClass, [], {
        model: new Expression('model'),
        args: new Expression('args'),
        train_dataset: new Expression('encode(train_rows)'),
        eval_dataset: new Expression(
          `encode(${validationRows === null ? 'validation_rows' : 'evaluated_rows'})`,
        ),
        data_collator: new Expression(
          call(
            'DataCollatorWithPadding',
            [new Expression('tokenizer')],
            padding === 'max_length' ? { padding, max_length: maxLength } : {},
          ),
        ),
        compute_metrics: new Expression('metrics'),
      }),
      ...(accumulates && accumulationMode === 'mean'
        ? [
            '# The mean of accumulated batches, which the trainer otherwise sums with a model of adapters.',
            'trainer.model_accepts_loss_kwargs = False',
          ]
        : []),
      'trainer.train()',
      validationRows !== null && settings.evaluateAllAtEnd
        ? 'print(trainer.evaluate(encode(validation_rows)))'
        : 'print(trainer.evaluate())',
      saving(source),
    ],
  };
}

function argumentsOf(
  { settings, dataset }: ScriptSource,
  trainerClass: string,
): Readonly<Record<string, PythonValue>> {
  const ofRows = settingRows
    .filter((row) => appliesTo(row, dataset.task))
    .map((row) => trainingArguments(row, settings[row.key as SettingKey]) ?? {});
  return {
    output_dir: output,
    ...Object.assign({}, ...ofRows),
    // A plain trainer does not know that the model takes them.
    ...(trainerClass === 'Trainer' ? { label_names: ['labels'] } : {}),
    logging_steps: 10,
    save_strategy: 'no',
    report_to: 'none',
  };
}

/** What is otherwise than in the studio, and cannot be told in a line of code. */
function notes(source: ScriptSource): readonly string[] {
  const { settings } = source;
  const { padding, evaluateEverySteps, gradientAccumulationSteps, accumulationMode } = settings;
  const leftOut = settingRows.filter((row) => row.python === undefined);
  return [
    ...leftOut.map(
      (row) =>
        `# Left out, the trainer does not have it: ${row.label}, ${formatSettingValue(row, settings[row.key as SettingKey])}.`,
    ),
    ...(padding === 'ragged'
      ? [
          '# Batches are padded to their longest text; the studio pads those of gated adapters only. Results are the same.',
        ]
      : []),
    ...(settings.recompute && !settings.dropout
      ? [
          '# Without dropout the model is not in training mode, in which alone transformers recomputes layers.',
        ]
      : []),
    ...(evaluateEverySteps > 0 ? ['# The studio evaluates after each epoch besides.'] : []),
    ...(gradientAccumulationSteps > 1 ? accumulationNotes(source) : []),
    ...(gradientAccumulationSteps > 1 && accumulationMode === 'sum'
      ? [
          isOfPeft(source)
            ? '# Accumulated batches are averaged; the studio adds them up, as was chosen there.'
            : "# Accumulated batches are added up, as AdapterHub's trainer does with its models.",
        ]
      : []),
  ];
}

/** The trainer begins a step anew with each epoch; in the studio a step may go on into the next one. */
function accumulationNotes({ settings, dataset }: ScriptSource): readonly string[] {
  const { epochs, batchSize, gradientAccumulationSteps: accumulation } = settings;
  const rows = Math.min(settings.trainingRows ?? dataset.trainRows, dataset.trainRows);
  const perEpoch = Math.ceil(rows / batchSize);
  const batches = Math.max(1, Math.ceil(epochs * perEpoch));
  const isAlike = batches === perEpoch || (perEpoch % accumulation === 0 && batches % accumulation === 0);
  if (isAlike) return [];
  const trainers = Math.ceil(epochs * Math.ceil(perEpoch / accumulation));
  return [
    `# ${perEpoch} batches an epoch in steps of ${accumulation}: the trainer makes ${trainers} steps and begins one anew with each epoch,`,
    `# the studio makes ${Math.ceil(batches / accumulation)} and goes on into the next.`,
  ];
}

const metricLines: Readonly<Record<ScriptSource['dataset']['task'], readonly string[]>> = {
  classification: [
    'def metrics(evaluated):',
    '    right = evaluated.predictions.argmax(-1) == evaluated.label_ids',
    '    return {"accuracy": float(right.mean())}',
  ],
  multilabel: [
    'def metrics(evaluated):',
    '    given, true = evaluated.predictions > 0, evaluated.label_ids > 0',
    '    return {"micro_f1": 2 * (given & true).sum() / max(1, given.sum() + true.sum())}',
  ],
  regression: [
    'def metrics(evaluated):',
    '    errors = evaluated.predictions.reshape(-1) - evaluated.label_ids.reshape(-1)',
    '    return {"mae": float(abs(errors).mean())}',
  ],
};

const weightedTrainer = (base: string): readonly string[] => [
  `class WeightedTrainer(${base}):`,
  '    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):',
  '        targets = inputs.pop("labels")',
  '        outputs = model(**inputs)',
  '        loss = torch.nn.functional.cross_entropy(',
  '            outputs.logits,',
  '            targets,',
  '            weight=weights.to(targets.device),',
  '            label_smoothing=self.args.label_smoothing_factor,',
  '        )',
  '        return (loss, outputs) if return_outputs else loss',
];

function saving(source: ScriptSource): string {
  if (isOfPeft(source) || !trainsAdapter(source)) {
    return source.settings.method === 'head_only'
      ? `model.save_head(${literal(output)}, name)`
      : `model.save_pretrained(${literal(output)})`;
  }
  return isComposed(source)
    ? call('model.save_adapter_setup', [output, new Expression('setup')], {
        head_setup: new Expression('name'),
      })
    : `model.save_adapter(${literal(output)}, name)`;
}
