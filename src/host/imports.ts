/** Adapters that come in as files: read, held against the base models, stored whole or not at all. */
import { methodOfConfig } from '../adapters/registry';
import { StudioError } from '../errors';
import type { AdapterBundle } from '../formats/bundle';
import { sha256OfBundle } from '../formats/bundle-digest';
import { readAdapter } from '../formats/read-adapter';
import { readZip } from '../formats/zip';
import type { RobertaConfig } from '../models/hooks';
import type { AdapterRecord } from '../protocol/records';
import type { BaseModelDescription, NamedBytes } from '../protocol/types';
import { buildPlan, composedOf, planOfBundle, tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';
import type { BaseModels } from './base-models';
import { headOf } from './run-preparation';

/** Tokens that are read where the file does not say how long the texts of its training were. */
const usualMaxLength = 128;

/** A zip, or the files of a folder, with the name that errors use. */
export interface AdapterFiles {
  readonly name: string;
  readonly files: readonly NamedBytes[];
}

/**
 * The record of an adapter from files. Throws a `StudioError`: of the format, or `import-base` where no base model of the
 * studio has the adapter's sizes. `warning` is for an adapter that fits but names another base model.
 */
export async function importAdapter(
  { name, files }: AdapterFiles,
  models: BaseModels,
  bases: readonly BaseModelDescription[],
): Promise<{ readonly record: AdapterRecord; readonly warning: string | null }> {
  const bundle = readAdapter(unpacked(files), name);
  const base = chooseBase(bundle, name, bases);
  const { config } = await models.load(base.id);
  const parameterCount = requireFit(bundle, name, config, base.id);
  const record: AdapterRecord = {
    version: 2,
    id: crypto.randomUUID(),
    name: bundle.name,
    createdAt: Date.now(),
    runId: null,
    parentId: null,
    baseModel: base.id,
    method: methodOfConfig(bundle.config).id,
    datasetId: '',
    datasetName: '',
    importedFrom: name,
    ...composedOf(planOfBundle(bundle)),
    maxLength: Math.min(usualMaxLength, config.maxPositionEmbeddings - 2),
    parameterCount,
    sizeBytes: bytesOf(tensorsOfBundle(bundle).values()),
    sha256: await sha256OfBundle(bundle),
    evaluation: null,
    bundle: { ...bundle, base: { ...bundle.base, name: base.id } },
  };
  const isOther = bundle.base.name !== '' && !bundle.base.name.endsWith(base.id);
  const warning = isOther
    ? `${name} names ${bundle.base.name} as its base model. It has the sizes of ${base.title} and is used on that; if the weights differ, so will its answers.`
    : null;
  return { record, warning };
}

/** A single zip is opened; the files of a folder come with their paths. */
function unpacked(files: readonly NamedBytes[]): ReadonlyMap<string, Uint8Array> {
  const [first] = files;
  if (files.length === 1 && first && /\.zip$/i.test(first.path)) return readZip(first.bytes, first.path);
  return new Map(files.map(({ path, bytes }) => [path, bytes]));
}

const sizes = ({ title, hiddenSize, layers }: BaseModelDescription) =>
  `${title} (hidden size ${hiddenSize}, ${layers} layers)`;

/** Layers that the tensors name; 0 where they name none. */
function layersOf(bundle: AdapterBundle): number {
  const layers = [...tensorsOfBundle(bundle).keys()].flatMap((name) => {
    const found = /\.layer\.(\d+)\./.exec(name);
    return found ? [Number(found[1]) + 1] : [];
  });
  return Math.max(0, ...layers);
}

function chooseBase(
  bundle: AdapterBundle,
  name: string,
  bases: readonly BaseModelDescription[],
): BaseModelDescription {
  const layers = layersOf(bundle);
  const fitting = bases.filter(
    ({ hiddenSize, layers: own }) => hiddenSize === bundle.base.hiddenSize && layers <= own,
  );
  const chosen = fitting.find(({ id }) => bundle.base.name.endsWith(id)) ?? fitting[0];
  if (chosen) return chosen;
  const named = bundle.base.name ? `${bundle.base.name}, ` : '';
  const needs = `hidden size ${bundle.base.hiddenSize}${layers > 0 ? ` and at least ${layers} layers` : ''}`;
  throw new StudioError(
    'import-base',
    `${name} was made for a base model of another size: it needs ${named}${needs}.`,
    `The studio has ${bases.map(sizes).join(' and ')}. Use an adapter that was trained on one of them.`,
  );
}

/** Every tensor that the configuration asks for on this base is there, in its shape. The answer is how many numbers train. */
function requireFit(bundle: AdapterBundle, name: string, model: RobertaConfig, baseId: string): number {
  const { trainable, frozen, programs } = buildPlan(planOfBundle(bundle), {
    model,
    head: headOf(bundle),
    dropout: false,
  });
  const tensors = tensorsOfBundle(bundle);
  for (const { name: tensorName, shape } of [...trainable, ...frozen]) {
    const tensor = tensors.get(tensorName);
    if (tensor?.shape.join() === shape.join()) continue;
    throw new StudioError(
      'import-base',
      `${name} does not fit ${baseId}: its tensor \`${tensorName}\` ${tensor ? `has the shape [${tensor.shape}], expected [${shape}]` : 'is missing'}.`,
      'Use an adapter that was trained on this base model.',
    );
  }
  return programs.parameters.count;
}
