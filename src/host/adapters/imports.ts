/** Adapters that come in as files: read, held against the base models, stored whole or not at all. */
import { methodOfConfig } from '../../adapters/registry';
import { StudioError } from '../../errors';
import { type AdapterBundle, taskOf } from '../../formats/bundle';
import { sha256OfBundle } from '../../formats/bundle-digest';
import { readAdapter } from '../../formats/read-adapter';
import { readZip } from '../../formats/zip';
import { maximumTokens } from '../../models/encoder-config';
import { modelFamilies } from '../../models/family';
import type { AdapterRecord } from '../../protocol/records';
import type { BaseModelDescription, Commands, NamedBytes } from '../../protocol/types';
import type { BaseModels, LoadedBaseModel } from '../models/base-models';
import { hasGenericLabels, headOf, requireBaseTensors } from '../runs/run-preparation';
import { buildPlan, composedOf, planOfBundle, tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';

/** Tokens that are read where the file does not say how long the texts of its training were. */
const usualMaxLength = 128;

/**
 * The record of an adapter from files; `name` is what errors call them. Throws a `StudioError`: of the format, `import-base`
 * where no base model of the studio has the adapter's sizes, `import-other-base` where one has them under another name and
 * the person did not ask for that. `warning` reminds of it if they did.
 */
export async function importAdapter(
  { name, files, otherBase }: Commands['importAdapter']['request'],
  models: Pick<BaseModels, 'load'>,
  bases: readonly BaseModelDescription[],
): Promise<{ readonly record: AdapterRecord; readonly warning: string | null }> {
  const bundle = readAdapter(unpacked(files), name);
  const base = chooseBase(bundle, name, bases);
  const isOther = !isCalled(base, bundle.base.name);
  if (isOther && !otherBase)
    throw new StudioError(
      'import-other-base',
      `${name} was made for ${bundle.base.name}, which the studio does not have.`,
      `${base.title} has the same sizes, but other weights give other answers. Use it on ${base.title} only if you know that it is the same model under another name.`,
    );
  const loaded = await models.load(base.id);
  const { config, identity } = loaded;
  const parameterCount = requireFit(bundle, name, loaded);
  const record: AdapterRecord = {
    version: 2,
    id: crypto.randomUUID(),
    name: bundle.name,
    createdAt: Date.now(),
    runId: null,
    parentId: null,
    baseModel: base.id,
    baseStorage: 'checkpoint',
    // Which weights it was made on, its file does not say.
    base: { ...identity, fingerprint: '' },
    method: methodOfConfig(bundle.config).id,
    datasetId: '',
    datasetName: '',
    importedFrom: name,
    ...composedOf(planOfBundle(bundle)),
    maxLength: Math.min(usualMaxLength, maximumTokens(config)),
    parameterCount,
    sizeBytes: bytesOf(tensorsOfBundle(bundle).values()),
    sha256: await sha256OfBundle(bundle),
    evaluation: null,
    bundle: {
      ...bundle,
      base: { ...bundle.base, name: base.title, modelType: config.family.modelType },
    },
  };
  const warnings = [
    isOther
      ? `It names ${bundle.base.name} as its base model and is used on ${base.title}; if the weights differ, so will its answers.`
      : null,
    taskOf(bundle.head) === 'classification' && hasGenericLabels(bundle.head.labels)
      ? 'Its files do not name the labels; they are taken for classes, of which a text has one.'
      : null,
  ].filter((warning) => warning !== null);
  return { record, warning: warnings.join(' ') || null };
}

/** A single zip is opened; the files of a folder come with their paths. */
function unpacked(files: readonly NamedBytes[]): ReadonlyMap<string, Uint8Array> {
  const [first] = files;
  if (files.length === 1 && first && /\.zip$/i.test(first.path)) return readZip(first.bytes, first.path);
  return new Map(files.map(({ path, bytes }) => [path, bytes]));
}

const sizes = ({ title, modelType, hiddenSize, layers }: BaseModelDescription) =>
  `${title} (${modelType}, hidden size ${hiddenSize}, ${layers} layers)`;

/** Layers that the tensors name; 0 where they name none. */
function layersOf(bundle: AdapterBundle): number {
  const { prefix, layers: container } = modelFamilies[bundle.base.modelType];
  const place = `${prefix}.${container}.`;
  const layers = [...tensorsOfBundle(bundle).keys()].flatMap((name) => {
    const [, after] = name.split(place);
    return after === undefined ? [] : [Number.parseInt(after, 10) + 1];
  });
  return Math.max(0, ...layers);
}

/** Owners that the hub gave to models which had none, and which both names are in use with. */
const firstOwners = /^(FacebookAI|google-bert|distilbert|almanach)\//;

/**
 * Files name the base by its repository, `owner/name`, or by a folder's path, of which the last part counts; an adapter without
 * a name fits any base of its sizes.
 */
function isCalled({ title }: BaseModelDescription, name: string): boolean {
  if (name === '') return true;
  const parts = name.split(/[/\\]/);
  const isRepository = parts.length <= 2 && !/^[.~]|^[A-Za-z]:/.test(name) && parts[0] !== '';
  return isRepository
    ? name.replace(firstOwners, '') === title.replace(firstOwners, '')
    : parts.at(-1) === title.split('/').at(-1);
}

function chooseBase(
  bundle: AdapterBundle,
  name: string,
  bases: readonly BaseModelDescription[],
): BaseModelDescription {
  const layers = layersOf(bundle);
  // Files of AdapterHub call several kinds of model by one name; their tensors have one prefix.
  const { prefix } = modelFamilies[bundle.base.modelType];
  const fitting = bases.filter(
    ({ modelType, hiddenSize, layers: own }) =>
      modelFamilies[modelType].prefix === prefix && hiddenSize === bundle.base.hiddenSize && layers <= own,
  );
  const chosen = fitting.find((base) => isCalled(base, bundle.base.name)) ?? fitting[0];
  if (chosen) return chosen;
  const named = bundle.base.name ? `${bundle.base.name}, ` : '';
  const needs = `a model of type ${bundle.base.modelType}, hidden size ${bundle.base.hiddenSize}${layers > 0 ? ` and at least ${layers} layers` : ''}`;
  throw new StudioError(
    'import-base',
    `${name} was made for another base model: it needs ${named}${needs}.`,
    `The studio has ${bases.map(sizes).join(', ')}. Use an adapter that was trained on one of them, or get its base model first.`,
  );
}

/**
 * How many numbers train. Every tensor that the configuration asks for on this base is there, in its shape; the base model's
 * own too. Throws `import-base` or `unsupported-base`.
 */
export function requireFit(bundle: AdapterBundle, name: string, base: LoadedBaseModel): number {
  const built = buildPlan(planOfBundle(bundle), {
    model: base.config,
    head: headOf(bundle),
    dropout: false,
  });
  requireBaseTensors(built, base);
  const tensors = tensorsOfBundle(bundle);
  for (const { name: tensorName, shape } of [...built.trainable, ...built.frozen]) {
    const tensor = tensors.get(tensorName);
    if (tensor?.shape.join() === shape.join()) continue;
    throw new StudioError(
      'import-base',
      `${name} does not fit ${base.identity.name}: its tensor \`${tensorName}\` ${tensor ? `has the shape [${tensor.shape}], expected [${shape}]` : 'is missing'}.`,
      'Use an adapter that was trained on this base model.',
    );
  }
  return built.programs.parameters.count;
}
