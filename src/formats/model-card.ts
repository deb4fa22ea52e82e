/** README.md of a downloaded adapter: the hub's front matter, what it is, how it was made, how to load it. Plain data in. */
import type { ModelType } from '../models/family';
import { type MetricValues, metrics, metricsOfTask, type TaskType } from '../task';
import { type AdapterBundle, type ComposedAdapters, taskOf } from './bundle';
import { code, oneLine, plain, quoted } from './markdown';
import { adapterHubNames } from './model-classes';

export interface ModelCardRun {
  readonly methodTitle: string;
  readonly paper: string;
  readonly datasetName: string;
  /** sha-256 of the data set's rows. */
  readonly datasetFingerprint: string;
  readonly trainingRows: number;
  readonly validationRows: number;
  /** Commit on the hub, where it came from there. */
  readonly baseRevision: string | null;
  /** sha-256 of the base model's weights. */
  readonly baseFingerprint: string;
  /** SPDX id of the base model's licence, where it is known. */
  readonly baseLicense: string | null;
  /** By name, in words. */
  readonly settings: Readonly<Record<string, string>>;
  readonly results: Readonly<Record<string, number>>;
  /** Loss and figures of the task at evaluation points. */
  readonly curve: readonly (MetricValues & {
    readonly step: number;
    readonly loss: number;
    /** Validation rows that it is of, where that is not all of them. */
    readonly rows?: number;
  })[];
  readonly steps: number;
}

const row = (cells: readonly (string | number)[]) =>
  `| ${cells.map((cell) => plain(String(cell))).join(' | ')} |`;

const rounded = (value: number) => String(Number(value.toPrecision(5)));

export type CardFormat = 'adapterhub' | 'peft' | 'merged' | 'onnx';

const taskTitles: Readonly<Record<TaskType, string>> = {
  classification: 'text classification',
  multilabel: 'multi-label text classification',
  regression: 'text regression',
};

/** Lines that make the model in Python. */
function adapterModel(name: string, modelType: ModelType): readonly string[] {
  if (adapterHubNames(modelType).modelType === modelType)
    return [
      'from adapters import AutoAdapterModel',
      '',
      `model = AutoAdapterModel.from_pretrained(${quoted(name)})`,
    ];
  return [
    'from adapters import RobertaAdapterModel',
    'from transformers import RobertaConfig',
    '',
    `# adapters has no class for ${modelType}; RoBERTa's is the same encoder under the same names.`,
    `config = RobertaConfig.from_pretrained(${quoted(name)})`,
    'config.model_type = "roberta"',
    `model = RobertaAdapterModel.from_pretrained(${quoted(name)}, config=config)`,
  ];
}

function loading({ name, base, composition, head }: AdapterBundle, format: CardFormat): string {
  const model = base.name || 'BASE_MODEL';
  switch (format) {
    case 'adapterhub':
      return [
        ...adapterModel(model, base.modelType),
        ...(composition
          ? ['setup, heads = model.load_adapter_setup("FOLDER_OF_THESE_FILES", set_active=True)']
          : [
              `name = model.load_adapter("FOLDER_OF_THESE_FILES")  # ${oneLine(name)}`,
              'model.set_active_adapters(name)',
            ]),
      ].join('\n');
    case 'peft':
      return [
        'from peft import PeftModel',
        'from transformers import AutoModelForSequenceClassification',
        '',
        // PEFT's files keep neither the number of classes nor their names.
        `labels = [${head.labels.map(quoted).join(',')}]`,
        'base = AutoModelForSequenceClassification.from_pretrained(',
        `    ${quoted(model)}, num_labels=len(labels), id2label=dict(enumerate(labels))${problemType(head)})`,
        'model = PeftModel.from_pretrained(base, "FOLDER_OF_THESE_FILES")',
      ].join('\n');
    case 'merged':
      return [
        'from transformers import pipeline',
        '',
        'classify = pipeline("text-classification", model="FOLDER_OF_THESE_FILES")',
      ].join('\n');
    case 'onnx':
      return onnxInPython(taskOf(head)).join('\n');
  }
}

/** Reads everything it needs from the files: which padding, how long texts are cut, which labels. */
const onnxInPython = (task: TaskType): readonly string[] => [
  'import glob',
  'import json',
  '',
  'import numpy as np',
  'import onnxruntime',
  'from tokenizers import Tokenizer',
  '',
  'folder = "FOLDER_OF_THESE_FILES"',
  'config = json.load(open(f"{folder}/config.json", encoding="utf-8"))',
  'settings = json.load(open(f"{folder}/tokenizer_config.json", encoding="utf-8"))',
  'tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")',
  'tokenizer.enable_truncation(settings["model_max_length"])',
  'tokenizer.enable_padding(pad_id=config["pad_token_id"])',
  '# model.onnx is in 32 bits, model_fp16.onnx in 16, model_quantized.onnx in 8, whichever there are.',
  'model = onnxruntime.InferenceSession(sorted(glob.glob(f"{folder}/onnx/*.onnx"))[0])',
  '',
  'texts = tokenizer.encode_batch(["A text to classify."])',
  'fields = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}',
  'inputs = {i.name: np.array([getattr(t, fields[i.name]) for t in texts]) for i in model.get_inputs()}',
  '(logits,) = model.run(["logits"], inputs)',
  ...onnxAnswers[task],
];

/** What the logits say. */
const onnxAnswers: Readonly<Record<TaskType, readonly string[]>> = {
  classification: ['print([config["id2label"][str(i)] for i in logits.argmax(1)])'],
  multilabel: [
    '# Of several labels those are given whose probability is at least one half: whose logit is not negative.',
    'print([[config["id2label"][str(i)] for i in np.flatnonzero(row >= 0)] for row in logits])',
  ],
  regression: ['print(logits[:, 0])'],
};

const pipelineInNode: readonly string[] = [
  "import { env, pipeline } from '@huggingface/transformers';",
  '',
  'env.allowRemoteModels = false;',
  "env.localModelPath = 'FOLDER_ABOVE/';",
  "// The smallest file is taken; { dtype: 'fp32' }, 'fp16' or 'q8' as a third argument takes another.",
  "const classify = await pipeline('text-classification', 'FOLDER_OF_THESE_FILES');",
];

/** The pipeline makes probabilities of everything, 1 of a number: that is read from the model itself. */
const onnxInNode: Readonly<Record<TaskType, readonly string[]>> = {
  classification: [...pipelineInNode, "console.log(await classify('A text to classify.', { top_k: null }));"],
  multilabel: [
    ...pipelineInNode,
    "const scores = await classify('A text to classify.', { top_k: null });",
    '// Every label stands for itself.',
    'console.log(scores.filter(({ score }) => score >= 0.5));',
  ],
  regression: [
    "import { AutoModelForSequenceClassification, AutoTokenizer, env } from '@huggingface/transformers';",
    '',
    'env.allowRemoteModels = false;',
    "env.localModelPath = 'FOLDER_ABOVE/';",
    "const tokenizer = await AutoTokenizer.from_pretrained('FOLDER_OF_THESE_FILES');",
    "// The smallest file is taken; { dtype: 'fp32' }, 'fp16' or 'q8' as a second argument takes another.",
    "const model = await AutoModelForSequenceClassification.from_pretrained('FOLDER_OF_THESE_FILES');",
    "const { logits } = await model(tokenizer(['A text to classify.'], { padding: true, truncation: true }));",
    'console.log(logits.tolist());',
  ],
};

const onnxInBrowsers = (task: TaskType): readonly string[] => [
  '## Serve it',
  '',
  '`index.html` classifies texts in the browser. The folder asks nobody else for anything; any static server will do, for example',
  '',
  '```sh',
  'python3 -m http.server 8000',
  '```',
  '',
  'and then `http://localhost:8000/`. Licences of the code in it are in `runtime/LICENSES.txt`.',
  '',
  'In Node, with `@huggingface/transformers`:',
  '',
  '```js',
  ...onnxInNode[task],
  '```',
  '',
];

/** PEFT's files do not tell the task: the base model is told. */
const problemType = (head: AdapterBundle['head']) =>
  ({
    classification: '',
    multilabel: ', problem_type="multi_label_classification"',
    regression: ', problem_type="regression"',
  })[taskOf(head)];

/** Markdown. `run` is null for an adapter that came from a file: then the card tells only what the file told. */
export function modelCard(bundle: AdapterBundle, run: ModelCardRun | null, format: CardFormat): string {
  const { name, base, head } = bundle;
  const task = taskOf(head);
  const library = { adapterhub: 'adapters', peft: 'peft', merged: 'transformers', onnx: 'transformers.js' }[
    format
  ];
  const lines = [
    '---',
    ...(run?.baseLicense ? [`license: ${quoted(run.baseLicense)}`] : []),
    `library_name: ${library}`,
    ...(base.name ? [`base_model: ${quoted(base.name)}`] : []),
    'pipeline_tag: text-classification',
    'tags:',
    `- ${quoted(`adapterhub:${taskTitles[task]}`)}`,
    `- ${library}`,
    `- ${base.modelType}`,
    '---',
    '',
    `# ${plain(name)}`,
    '',
    run
      ? `${run.methodTitle} (${run.paper}) for ${taskTitles[task]} on ${plain(run.datasetName)}, trained in the browser with Adapter Studio.`
      : 'An adapter that came to Adapter Studio as a file; how it was trained is not known here.',
    '',
    `Base model: ${code(base.name)}${run ? ` (${run.baseRevision ? `revision ${code(run.baseRevision)}, ` : ''}weights sha-256 \`${run.baseFingerprint}\`)` : ''}, hidden size ${base.hiddenSize}.`,
    ...(run?.baseLicense
      ? [`The base model's licence is ${plain(run.baseLicense)}; it holds for what is derived from it.`]
      : []),
    '',
    ...(bundle.composition ? composed(bundle.composition) : []),
    task === 'regression' ? '## Number' : '## Labels',
    '',
    row(['id', task === 'regression' ? 'what it is' : 'label']),
    row(['---', '---']),
    ...head.labels.map((label, i) => row([i, label])),
    '',
    ...(format === 'onnx' ? onnxInBrowsers(task) : []),
    '## Load it',
    '',
    '```python',
    loading(bundle, format),
    '```',
    '',
    ...(run ? trainedHow(run, task) : []),
  ];
  return lines.join('\n');
}

/** The saved adapters it is made of. */
function composed({ setup, others, fusion }: ComposedAdapters): string[] {
  const what = fusion ? 'Fused' : 'Below it in the stack, frozen';
  return [
    `${what}: ${others.map((other) => code(other.name)).join(', ')} (\`${setup.type}\` in \`adapter_setup.json\`).`,
    '',
  ];
}

/** On which rows the evaluations on the way stand. */
function ofSomeRows({ curve, validationRows }: ModelCardRun): string[] {
  const rows = curve.at(-1)?.rows;
  return rows === undefined
    ? []
    : [`Evaluated on the way on the same ${rows} of the ${validationRows} validation rows:`, ''];
}

function trainedHow(run: ModelCardRun, task: TaskType): string[] {
  const [metric] = metricsOfTask[task];
  const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) => [
    row(head),
    row(head.map(() => '---')),
    ...rows.map(row),
    '',
  ];
  return [
    '## Data',
    '',
    `“${plain(run.datasetName)}”: ${run.trainingRows} rows to train on, ${run.validationRows} to validate. Fingerprint of the rows: \`${run.datasetFingerprint}\`.`,
    '',
    '## Results',
    '',
    ...table(
      ['measure', 'value'],
      Object.entries(run.results).map(([measure, value]) => [measure, rounded(value)]),
    ),
    ...ofSomeRows(run),
    ...table(
      ['step', 'validation loss', metrics[metric].title],
      run.curve.map((point) => [point.step, rounded(point.loss), rounded(point[metric] ?? Number.NaN)]),
    ),
    '## Settings',
    '',
    ...table(['setting', 'value'], [['steps', run.steps], ...Object.entries(run.settings)]),
  ];
}
