/** The lines of a script that make the model: base, adapter or composition, head, and what of it trains. */
import { partName } from '../adapters/adapter-name';
import { adapterHubNames } from '../formats/model-classes';
import type { BaseStorage } from '../runs/settings';
import { configCall } from './adapter-config';
import { assign, call, Expression, literal, type PythonValue } from './literal';
import type { Section } from './section';
import { folderOf, isOfPeft, nameOf, type ScriptSource, trainsAdapter } from './source';

const name = new Expression('name');

export function modelSection(source: ScriptSource): Section {
  const { startFrom, baseStorage, dropout, seed } = source.settings;
  const own =
    startFrom !== null && isOfPeft(source)
      ? [peftModel(source, startFrom)]
      : [
          baseModel(source),
          plain(storageLines[baseStorage]),
          startFrom === null ? newAdapter(source) : savedAdapter(source, startFrom),
        ];
  return {
    imports: [
      'transformers.AutoTokenizer',
      'transformers.set_seed',
      ...own.flatMap(({ imports }) => imports),
    ],
    lines: [
      `set_seed(${seed})`,
      ...baseLines(source),
      assign('tokenizer', 'AutoTokenizer.from_pretrained', [new Expression('base')], revisionOf(source)),
      ...own.flatMap(({ lines }) => lines),
      ...(dropout
        ? []
        : [
            '# Without dropout: the trainer must not switch it on.',
            'model.eval()',
            'model.train = lambda mode=True: model',
          ]),
    ],
  };
}

const plain = (lines: readonly string[]): Section => ({ lines, imports: [] });

function baseLines(source: ScriptSource): readonly string[] {
  const { settings, base } = source;
  if (settings.startFrom !== null && isBaseItself(source))
    return [
      '# What was trained before are tensors of the base model: its merged download, unpacked, is the base.',
      `base = ${literal(`${folderOf(source, settings.startFrom)}-merged`)}`,
    ];
  return [
    ...(base.revision === null ? ['# Not from the hub: the folder of its files.'] : []),
    `base = ${literal(base.name)}`,
  ];
}

/** Training goes on from tensors of the base model, which no file of an adapter has. */
const isBaseItself = (source: ScriptSource): boolean =>
  source.settings.startFrom !== null && !trainsAdapter(source) && source.settings.method !== 'head_only';

const revisionOf = (source: ScriptSource): Readonly<Record<string, string>> =>
  source.base.revision === null || isBaseItself(source) ? {} : { revision: source.base.revision };

function baseModel(source: ScriptSource): Section {
  const { modelType } = source.base;
  const isBorrowed = modelType !== null && adapterHubNames(modelType).modelType !== modelType;
  const base = new Expression('base');
  const load = (target: string, loader: string, more: Readonly<Record<string, PythonValue>> = {}) =>
    assign(target, `${loader}.from_pretrained`, [base], { ...revisionOf(source), ...more });
  return {
    imports: isBorrowed
      ? ['adapters.RobertaAdapterModel', 'transformers.RobertaConfig']
      : ['adapters.AutoAdapterModel'],
    lines: [
      ...(isBorrowed
        ? [
            `# adapters has no class for ${modelType}; RoBERTa's is the same encoder under the same names.`,
            load('config', 'RobertaConfig'),
            'config.model_type = "roberta"',
            load('model', 'RobertaAdapterModel', { config: new Expression('config') }),
          ]
        : [load('model', 'AutoAdapterModel')]),
      'model.heads.requires_grad_(False)  # a head that the checkpoint brings',
    ],
  };
}

const encoderMatrices = [
  'for key, weight in model.base_model.named_parameters():',
  '    if "embeddings" not in key and weight.dim() == 2:',
];

/** What the base model's matrices are rounded to; nothing where 32 bits hold all that the file has. */
const storageLines: Readonly<Record<BaseStorage, readonly string[]>> = {
  checkpoint: [],
  f32: [],
  f16: [
    "# The base model's matrices as the studio holds them: rounded to 16 bits, computed with in 32.",
    ...encoderMatrices,
    '        weight.data = weight.data.half().float()',
  ],
  int8: [
    "# The base model's matrices as the studio holds them: 8 bits and a scale of 16 significant bits",
    '# for each row, computed with in 32 bits.',
    ...encoderMatrices,
    '        exact = weight.data.double().abs().amax(1, keepdim=True).clamp(min=2**-100) / 127',
    '        significand = 2 ** (15 - exact.log2().floor())',
    '        scale = (exact * significand).ceil() / significand',
    '        weight.data = ((weight.data / scale).round() * scale).float()',
  ],
};

function newAdapter(source: ScriptSource): Section {
  const { settings } = source;
  const { composition } = settings;
  const adapter = trainsAdapter(source) && composition?.type !== 'Fuse' ? adapterLines(source) : plain([]);
  const parts = (composition?.adapterIds ?? []).map((id, i) => [id, partName(nameOf(source), i)] as const);
  const loads = parts.flatMap(([id, part]) => [
    ...(source.saved.get(id)?.method.startsWith('peft_')
      ? [
          "# The next one is PEFT's, another function than AdapterHub's of this name: adapters cannot load it.",
        ]
      : []),
    call('model.load_adapter', [folderOf(source, id)], { load_as: part, with_head: false }),
  ]);
  const setup =
    composition &&
    assign('setup', composition.type, [
      ...parts.map(([, part]) => part),
      ...(composition.type === 'Stack' ? [name] : []),
    ]);
  const head = headSection(source);
  return {
    imports: [
      ...adapter.imports,
      ...head.imports,
      ...(composition ? [`adapters.composition.${composition.type}`] : []),
    ],
    lines: [
      '',
      `name = ${literal(nameOf(source))}`,
      ...(loads.length > 0 ? ['# The AdapterHub downloads of the saved adapters, unpacked.', ...loads] : []),
      ...adapter.lines,
      ...head.lines,
      ...(setup ? [setup] : []),
      ...(composition?.type === 'Fuse'
        ? [call('model.add_adapter_fusion', [new Expression('setup'), composition.fusion])]
        : []),
      ...trainLines(source),
    ],
  };
}

function adapterLines({ settings, methods }: ScriptSource): Section {
  const { text, imports, unknown } = configCall(settings.methodConfig, settings.method, methods);
  const foreign = unknown.filter((key) => key !== 'freeze_A');
  return {
    imports: imports.map((each) => `adapters.${each}`),
    lines: [
      ...foreign.map(
        (key) => `# Left out: adapters has no ${key} = ${literal(settings.methodConfig[key]!)}.`,
      ),
      call('model.add_adapter', [name], { config: new Expression(text) }),
    ],
  };
}

function headSection({ settings, dataset }: ScriptSource): Section {
  const { layers, activationFunction, bias, usePooler } = settings.head;
  const { task } = dataset;
  const isRegression = task === 'regression';
  // Where the library has another default only.
  const options = {
    num_labels: isRegression ? 1 : new Expression('len(labels)'),
    ...(task === 'multilabel' && bias ? { multilabel: true } : {}),
    ...(isRegression ? {} : { id2label: new Expression('dict(enumerate(labels))') }),
    ...(layers === 2 ? {} : { layers }),
    ...(activationFunction === 'tanh' ? {} : { activation_function: activationFunction }),
    ...(bias ? {} : { bias }),
    ...(usePooler ? { use_pooler: usePooler } : {}),
  };
  if (bias) return plain([call('model.add_classification_head', [name], options)]);
  // `add_classification_head` takes no bias.
  const head = task === 'multilabel' ? 'MultiLabelClassificationHead' : 'ClassificationHead';
  return {
    imports: [`adapters.heads.${head}`],
    lines: [
      assign('head', head, [new Expression('model'), name], options),
      call('model.add_prediction_head', [new Expression('head')]),
    ],
  };
}

/** What of the base model trains where there is no adapter, as a condition on `key`. */
const baseThatTrains: Readonly<Record<string, string>> = {
  head_only: 'False',
  bitfit: 'key.endswith("bias") and "pooler" not in key',
  full: '"pooler" not in key',
};

function trainLines(source: ScriptSource): readonly string[] {
  const { composition, method } = source.settings;
  if (!trainsAdapter(source))
    return [
      'for key, weight in model.base_model.named_parameters():',
      `    weight.requires_grad = ${baseThatTrains[method]}`,
    ];
  if (composition?.type === 'Fuse') return ['model.train_adapter_fusion(setup)'];
  return [
    'model.train_adapter(name)',
    ...frozenFactor(source),
    ...(composition ? ['model.set_active_adapters(setup)'] : []),
  ];
}

const frozenFactor = ({ settings }: ScriptSource): readonly string[] =>
  settings.method === 'lora_fa'
    ? [
        '# LoRA-FA, which adapters does not have: the first factor stays at its random start.',
        'for key, weight in model.named_parameters():',
        '    if key.endswith(".lora_A"):',
        '        weight.requires_grad = False',
      ]
    : [];

function savedAdapter(source: ScriptSource, id: string): Section {
  const folder = folderOf(source, id);
  const note = ['', '# The AdapterHub download of the adapter that training goes on from, unpacked.'];
  const composed = source.saved.get(id)?.composed;
  if (composed)
    return plain([
      ...note,
      assign('setup, name', 'model.load_adapter_setup', [folder]),
      ...(composed.type === 'Fuse'
        ? ['model.train_adapter_fusion(setup)', 'model.active_head = name']
        : ['model.train_adapter(setup.last())', 'model.set_active_adapters(setup)']),
    ]);
  if (source.settings.method === 'head_only')
    return plain([
      ...note,
      assign('_, name', 'model.load_head', [folder]),
      ...trainLines(source),
      'model.active_head = name',
    ]);
  if (isBaseItself(source))
    return plain([...trainLines(source), 'model.heads.requires_grad_(True)  # the head of before']);
  return plain([
    ...note,
    assign('name', 'model.load_adapter', [folder]),
    'model.train_adapter(name)',
    ...frozenFactor(source),
    'model.active_head = name',
  ]);
}

/** PEFT's adapters are other functions than AdapterHub's of the same names, and only PEFT loads them. */
function peftModel(source: ScriptSource, id: string): Section {
  const { task } = source.dataset;
  const isRegression = task === 'regression';
  const kinds = { multilabel: 'multi_label_classification', regression: 'regression' } as const;
  return {
    imports: ['peft.PeftModel', 'transformers.AutoModelForSequenceClassification'],
    lines: [
      assign('model', 'AutoModelForSequenceClassification.from_pretrained', [new Expression('base')], {
        ...revisionOf(source),
        num_labels: isRegression ? 1 : new Expression('len(labels)'),
        ...(isRegression ? {} : { id2label: new Expression('dict(enumerate(labels))') }),
        ...(task === 'classification' ? {} : { problem_type: kinds[task] }),
      }),
      ...storageLines[source.settings.baseStorage],
      '# The PEFT download of the adapter that training goes on from, unpacked.',
      assign(
        'model',
        'PeftModel.from_pretrained',
        [new Expression('model'), `${folderOf(source, id)}-peft`],
        { is_trainable: true },
      ),
    ],
  };
}
