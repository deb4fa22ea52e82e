/** docs/METHODS.md as text: every registered method with its paper, size, options and formats. */

import { methodSize } from '../src/adapters/builders/method-size';
import { partsOfConfig } from '../src/adapters/builders/parts-of-config';
import type { AdapterConfig } from '../src/adapters/config';
import { configWith } from '../src/adapters/config-with';
import { dynamicFusion } from '../src/adapters/default-configs';
import type { AdapterMethod } from '../src/adapters/method';
import { methodFamilies } from '../src/adapters/method';
import { adapterMethods, methodOfConfig } from '../src/adapters/registry';
import { type AdapterSetup, single } from '../src/adapters/setup';
import { StudioError } from '../src/errors';
import { exportReasons } from '../src/formats/exports';
import { defaultHead } from '../src/heads/classification';
import { plainLoss } from '../src/heads/loss';
import { modelFamilies } from '../src/models/family';
import type { EncoderConfig } from '../src/models/hooks';
import { buildComposition } from '../src/train/programs';

/** `config.json` of roberta-base, as far as sizes go. */
export const robertaBase: EncoderConfig = {
  family: modelFamilies.roberta,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  vocabSize: 50265,
  maxPositionEmbeddings: 514,
  typeVocabSize: 1,
  padId: 1,
  maskedLmHead: true,
  layerNormEpsilon: 1e-5,
  hiddenDropoutRate: 0.1,
  attentionDropoutRate: 0.1,
  classifierDropoutRate: 0.1,
  initializerRange: 0.02,
};

const head = {
  headType: 'classification',
  numLabels: 2,
  layers: 2,
  activationFunction: 'tanh',
  labels: ['a', 'b'],
  usePooler: false,
  bias: true,
  dropoutRate: null,
} as const;

const base = { name: 'roberta-base', modelType: robertaBase.family.modelType, hiddenSize: 768 };

function formatsOf(config: AdapterConfig | null): string {
  const reasons = exportReasons({ name: 'x', base, config, head });
  const names = { adapterhub: 'AdapterHub', peft: 'PEFT', merged: 'merged model' } as const;
  return (Object.keys(names) as (keyof typeof names)[])
    .filter((format) => reasons[format] === null)
    .map((format) => names[format])
    .join(', ');
}

const defaultOf = (method: AdapterMethod): AdapterConfig | null =>
  method.defaultConfig === null ? null : configWith(method, {}, adapterMethods);

/** A layer is enough to see what composes. */
const oneLayer: EncoderConfig = { ...robertaBase, numHiddenLayers: 1 };

const blocks: Readonly<Record<string, (children: readonly AdapterSetup[]) => AdapterSetup>> = {
  Stack: (children) => ({ type: 'Stack', children }),
  Fuse: (children) => ({ type: 'Fuse', children }),
  Parallel: (children) => ({ type: 'Parallel', children }),
  BatchSplit: (children) => ({ type: 'BatchSplit', children, batchSizes: [1, 1] }),
  Average: (children) => ({ type: 'Average', children, weights: [0.5, 0.5] }),
};

/** The blocks that two adapters of a configuration can be composed in, as far as their programs can be built. */
function compositionsOf(config: AdapterConfig): string {
  const names = ['a', 'b'];
  const parts = new Map(names.map((name) => [name, partsOfConfig(config, oneLayer, name)]));
  // Of prompts and edits of hidden states only a setup's first adapter counts, so that joining several does nothing.
  const { linear, bottleneck, prefix } = parts.get('a')!;
  const joins = Boolean(linear ?? bottleneck ?? prefix);
  const possible = Object.entries(blocks).flatMap(([name, block]) => {
    if (!joins && name !== 'Parallel' && name !== 'BatchSplit') return [];
    try {
      buildComposition({
        model: oneLayer,
        setup: block(names.map(single)),
        parts,
        fusion: name === 'Fuse' ? dynamicFusion : null,
        trained: new Set(),
        heads: names.map((headName) => defaultHead(headName, 2)),
        loss: plainLoss,
        dropout: false,
        captureHidden: false,
      });
      return [name];
    } catch (error) {
      if (error instanceof StudioError) return [];
      throw error;
    }
  });
  return possible.join(', ') || 'none';
}

const keysOf = (fields: AdapterMethod['fields']): string =>
  fields.map(({ key }) => `\`${key}\``).join(', ') || 'none';

/** Those of a union's members are told at the members' own methods. */
const optionsOf = ({ fields }: AdapterMethod, advanced: boolean): string => {
  const groups = [...new Set(fields.flatMap(({ group }) => (group ? [group] : [])))];
  const own = fields.filter((field) => !field.group && Boolean(field.advanced) === advanced);
  return groups.length > 0 ? `those of its members: ${groups.join(', ').toLowerCase()}` : keysOf(own);
};

const cellsOf = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function familySection(family: string): readonly string[] {
  const rows = adapterMethods
    .filter((method) => method.family === family)
    .map((method) =>
      cellsOf(
        `\`${method.id}\` ${method.title}`,
        method.paper,
        methodSize(method, robertaBase).trained.toLocaleString('en'),
        optionsOf(method, false),
        formatsOf(defaultOf(method)),
      ),
    );
  return [
    `## ${family[0]!.toUpperCase()}${family.slice(1)}`,
    '',
    '| method | paper | trained on `roberta-base` | options in front | written as |',
    '| --- | --- | ---: | --- | --- |',
    ...rows,
    '',
  ];
}

function moreOptions(): readonly string[] {
  const rows = adapterMethods
    .filter(({ fields }) => fields.some(({ advanced, group }) => advanced && !group))
    .map((method) => cellsOf(`\`${method.id}\``, optionsOf(method, true)));
  return [
    '## More options',
    '',
    '| method | under "More options" in the form |',
    '| --- | --- |',
    ...rows,
    '',
  ];
}

function compositions(): readonly string[] {
  const rows = adapterMethods.flatMap((method) => {
    const config = defaultOf(method);
    return config === null || method.family === 'reference'
      ? []
      : [cellsOf(`\`${method.id}\``, compositionsOf(config))];
  });
  return [
    '## Compositions',
    '',
    'AdapterHub’s blocks that two adapters of a method can be used in. Any two adapters of the same settings can also be made',
    'into one by averaging their files; only plain LoRA has the average of products with a rank of one’s choice. Of prompts and',
    'ReFT only the first adapter of a stack counts, as in the library.',
    '',
    '| method | blocks |',
    '| --- | --- |',
    ...rows,
    '',
  ];
}

const modules = ['query', 'value'].map((part) => `roberta.encoder.layer.0.attention.self.${part}`);
const feedforward = ['roberta.encoder.layer.0.output.dense'];

/** What `formats/peft.ts` makes of a typical file. */
const peftExamples: readonly (readonly [what: string, config: AdapterConfig])[] = [
  [
    'any places, rank, alpha; rsLoRA (alpha / √r)',
    { architecture: 'peft_lora', modules, r: 8, lora_alpha: 8, use_rslora: true },
  ],
  [
    'detached norm with alpha / r, bias not scaled',
    { architecture: 'peft_dora', modules, r: 8, lora_alpha: 8 },
  ],
  [
    'feed-forward modules scale their input, after GELU',
    { architecture: 'peft_ia3', modules: [...modules, ...feedforward], feedforward },
  ],
  ['two vectors in place of full matrices', { architecture: 'peft_vera', modules, r: 8 }],
  ['token positions are shifted by the prefix', { architecture: 'peft_prefix' }],
  ['prompt vectors pass the embedding block', { architecture: 'peft_prompt' }],
];

function peftSection(): readonly string[] {
  const rows = peftExamples.map(([what, config]) => {
    const method = methodOfConfig(config);
    return cellsOf(
      `\`${method.id}\` ${method.title}`,
      method.paper,
      what,
      formatsOf(config),
      compositionsOf(config),
    );
  });
  return [
    '## Variants of PEFT',
    '',
    'Files of PEFT whose function AdapterHub does not have. They predict, are evaluated and trained on, and are written as PEFT',
    'again; the form does not offer them for a new adapter. LoRA and rsLoRA on the same places of every layer, and (IA)³ without',
    'feed-forward modules, are AdapterHub’s own function and become `lora` and `ia3`.',
    '',
    '| variant | paper | differs in | written as | blocks |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ];
}

export function methodsTable(): string {
  return [
    '# Methods',
    '',
    'Generated by `npm run docs:methods`. Parameters are those of the default configuration on `roberta-base`, the head not',
    'counted; "your own union" is counted as LoRA with a sequential bottleneck. Every other key of AdapterHub’s configuration is',
    'followed where a file has it; what cannot be followed is refused by its name. Where AdapterHub differs from a paper, the',
    'studio does what AdapterHub does: the files of `src/adapters` say where, and the form says what to do about it.',
    '',
    ...methodFamilies.flatMap(familySection),
    ...moreOptions(),
    ...compositions(),
    ...peftSection(),
  ].join('\n');
}
