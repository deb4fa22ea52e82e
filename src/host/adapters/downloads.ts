/** The files a person takes away: the adapter zip that Python's `adapters` loads, and a run that Python can replay. */
import { methodById } from '../../adapters/registry';
import { withOwner } from '../../adapters/tensor-names';
import { writeCsv } from '../../data/csv/writer';
import { type Dataset, labelText, type Split } from '../../data/dataset';
import { writeAdapterHub } from '../../formats/adapterhub';
import { setupOfBundle, writeAdapterSetup } from '../../formats/adapterhub-setup';
import type { AdapterBundle } from '../../formats/bundle';
import type { ExportFormat } from '../../formats/export-format';
import { type BaseModelFiles, writeMergedModel } from '../../formats/hugging-face';
import { code, plain, shellWord } from '../../formats/markdown';
import { type ModelCardRun, modelCard } from '../../formats/model-card';
import { writePeft } from '../../formats/peft';
import { writeSafetensors } from '../../formats/safetensors';
import { writeZip } from '../../formats/zip';
import type { AdapterRecord } from '../../protocol/records';
import type { FileDownload } from '../../protocol/types';
import type { RunRecord } from '../../runs/record';
import type { RunSeries } from '../../runs/series';
import { formatSettingValue, replayOption } from '../../runs/setting';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import type { RunSettings } from '../../runs/settings';
import { embeddedModels } from '../models/base-models';
import type { PreparedRun } from '../runs/run-preparation';

/** What `reference_train.py` reads between several labels. */
const scriptSeparator = '|';

/** The licence of the embedded base models (`public/models/<id>/LICENSE`); of others it is not known here. */
const embeddedLicense = 'apache-2.0';

/** A run with everything that was measured. */
export interface RunWithSeries {
  readonly run: RunRecord;
  readonly series: RunSeries;
}

/** A zip in one of the formats, with a model card. `base` gives the base model's files, which only merging needs. */
export async function adapterDownload(
  adapter: AdapterRecord,
  run: RunWithSeries | null,
  format: ExportFormat,
  base: () => Promise<BaseModelFiles>,
): Promise<FileDownload> {
  const { bundle, name } = adapter;
  const files = await filesOf(bundle, format, base);
  const card = modelCard(bundle, run && cardOf(run), format);
  const suffix = { adapterhub: '', peft: '-peft', merged: '-merged' }[format];
  return {
    fileName: `${name}${suffix}.zip`,
    bytes: writeZip(new Map([...files, ['README.md', new TextEncoder().encode(card)]])),
  };
}

function filesOf(
  bundle: AdapterBundle,
  format: ExportFormat,
  base: () => Promise<BaseModelFiles>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> | Map<string, Uint8Array<ArrayBuffer>> {
  switch (format) {
    case 'adapterhub':
      return bundle.composition ? writeAdapterSetup(setupOfBundle(bundle)) : writeAdapterHub(bundle);
    case 'peft':
      return writePeft(bundle);
    case 'merged':
      return base().then((model) => writeMergedModel(bundle, model));
  }
}

/** What a model card tells of a run. */
export function cardOf({ run, series }: RunWithSeries): ModelCardRun {
  const { settings, dataset, results, base, step } = run;
  const { methodConfig, composition, head } = settings;
  const { evalMetrics, ...figures } = results ?? {};
  return {
    ...trainedMethod(settings),
    datasetName: dataset.name,
    datasetFingerprint: dataset.fingerprint,
    trainingRows: dataset.trainRows,
    validationRows: dataset.validationRows,
    baseRevision: base.revision,
    baseFingerprint: base.fingerprint,
    baseLicense: embeddedModels.some(({ id }) => id === settings.baseModel) ? embeddedLicense : null,
    settings: {
      'Base model': settings.baseModel,
      'Started from': settings.startFrom ? 'a saved adapter' : 'new',
      ...Object.fromEntries(
        settingRows.map((row) => [row.label, formatSettingValue(row, settings[row.key as SettingKey])]),
      ),
      [`${settings.method} (AdapterHub’s configuration)`]: JSON.stringify(methodConfig),
      Composition: composition ? JSON.stringify(composition) : 'none',
      Head: JSON.stringify(head),
    },
    results: { ...figures, ...evalMetrics },
    curve: series.evaluations,
    steps: step,
  };
}

function trainedMethod({ method, composition }: RunSettings): Pick<ModelCardRun, 'methodTitle' | 'paper'> {
  const { title, paper } = methodById(method);
  if (!composition) return { methodTitle: title, paper };
  return composition.type === 'Stack'
    ? { methodTitle: `${title} stacked on saved adapters`, paper: `${paper}; MAD-X, arXiv:2005.00052` }
    : {
        methodTitle: `AdapterFusion, ${composition.fusion}`,
        paper: 'Pfeiffer et al. 2021, arXiv:2005.00247',
      };
}

/** Everything `interop/reference_train.py` needs: rows, order, initial values, and the command line that replays it. */
export function runDownload(
  { run, series }: RunWithSeries,
  dataset: Dataset,
  prepared: PreparedRun,
  answers: ValidationAnswers | null,
): FileDownload {
  const encode = (text: string) => new TextEncoder().encode(text);
  const json = (value: unknown) => encode(`${JSON.stringify(value, null, 1)}\n`);
  // A program reads them: the texts stand as they are, formulas too.
  const csv = (split: Split) =>
    encode(
      writeCsv([
        ['text', 'label'],
        ...Array.from({ length: split.texts.length }, (_, row) => [
          split.texts.at(row),
          labelText(dataset, split, row, scriptSeparator),
        ]),
      ]),
    );
  const files = new Map<string, Uint8Array>([
    ['order.json', json(prepared.plan.order)],
    ['init.safetensors', writeSafetensors(renamed(prepared))],
    ['run.json', json({ ...run, ...series })],
    ['train.csv', csv(dataset.splits.train)],
    ['validation.csv', csv(dataset.splits.validation)],
    ['README.md', encode(replayText(run, dataset, prepared))],
    ...(answers ? answerFiles(answers, prepared.head.numLabels) : []),
  ]);
  return { fileName: `${run.name}-replay.zip`, bytes: writeZip(files) };
}

/** What the run's adapter says of every validation row. */
export interface ValidationAnswers {
  readonly ids: readonly Uint32Array[];
  /** [rows, labels] */
  readonly logits: Float32Array;
}

/** In the form that `interop/check_adapter_zip.py` takes as inputs and expected logits. */
function answerFiles({ ids, logits }: ValidationAnswers, labels: number): [string, Uint8Array][] {
  const rows = ids.map((row, i) => ({
    input_ids: [...row],
    logits: [...logits.subarray(i * labels, (i + 1) * labels)],
  }));
  const inputs = rows
    .map(({ input_ids }) => `${JSON.stringify({ input_ids, attention_mask: input_ids.map(() => 1) })}\n`)
    .join('');
  const text = (value: string) => new TextEncoder().encode(value);
  return [
    ['validation_inputs.jsonl', text(inputs)],
    ['validation_logits.json', text(`${JSON.stringify({ logits: rows.map((row) => row.logits) })}\n`)],
  ];
}

/** `reference_train.py` calls its adapter and head `main`. */
function renamed({
  initial,
  head,
}: PreparedRun): ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }> {
  return new Map([...initial].map(([name, tensor]) => [withOwner(name, head.name, 'main'), tensor]));
}

function replayText(
  { settings, name, base }: RunRecord,
  dataset: Dataset,
  { adapterPlan, head }: PreparedRun,
): string {
  const methodConfig = adapterPlan.config;
  const quote = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;
  const options = [
    `--base ${shellWord(base.name)} --csv train.csv --eval-csv validation.csv --task ${dataset.task}${dataset.task === 'regression' ? '' : ` --labels ${quote(dataset.labelNames)}`} --head-layers ${head.layers}`,
    `--method ${settings.method}${methodConfig ? ` --config ${quote(methodConfig)}` : ''}`,
    '--order order.json --init init.safetensors --out replay.json',
    ...settingRows.flatMap((row) => replayOption(row, settings[row.key as SettingKey]) ?? []),
  ];
  return [
    `# ${name}: replay in Python`,
    '',
    "With the studio's `interop/reference_train.py` and the base model's folder beside these files:",
    '',
    '```',
    `python reference_train.py ${options.join(' \\\n  ')}`,
    '```',
    '',
    'Do not open `train.csv` and `validation.csv` in a spreadsheet: their texts stand as they are, and one that begins with `=`, `+`, `-` or `@` would be run as a formula.',
    '',
    ...replayLimits(settings, dataset, head, base),
  ].join('\n');
}

/** Where the script does something else than the run did. */
function replayLimits(
  settings: RunRecord['settings'],
  { task, labelNames }: Dataset,
  head: PreparedRun['head'],
  base: RunRecord['base'],
): string[] {
  return [
    ...(head.activationFunction !== 'tanh' || head.usePooler || !head.bias
      ? [
          'The head has another activation, no bias or reads the pooler, which the script does not: it is a record, not a replay.',
          '',
        ]
      : []),
    ...(task === 'multilabel' && labelNames.some((label) => label.includes(scriptSeparator))
      ? [
          `A label has “${scriptSeparator}” in its name, where the script splits: it is a record, not a replay.`,
          '',
        ]
      : []),
    ...(settings.composition
      ? ['The run composes saved adapters, which the script does not: it is a record, not a replay.', '']
      : []),
    ...(settings.labelSmoothing > 0 || settings.classWeights !== 'none'
      ? [
          'The loss had label smoothing or class weights, which the script does not have: its losses differ.',
          '',
        ]
      : []),
    ...(settings.baseStorage === 'f16' || settings.baseStorage === 'int8'
      ? [
          `The base model's weights were rounded to ${settings.baseStorage}; \`scripts/stored-weights.ts\` of the studio writes a checkpoint of such values for the script.`,
          '',
        ]
      : []),
    ...(base.revision
      ? [`The base model is ${plain(base.name)} at revision ${code(base.revision)}.`, '']
      : []),
    ...(settings.dropout
      ? ['Dropout was on: Python draws other masks, so the losses agree only on average.', '']
      : []),
  ];
}
