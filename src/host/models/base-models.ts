/** One base model in memory, embedded or kept: tables, tokenizer, and weights that are read when they are asked for. */
import type { Tokenizer } from '../../data/tokenizer';
import { StudioError } from '../../errors';
import type { Tensor } from '../../formats/bundle';
import type { BaseModelFiles as HuggingFaceBase } from '../../formats/hugging-face';
import { type BaseWeights, baseWeightsOf, storedAs } from '../../models/base-weights';
import type { EncoderConfig } from '../../models/hooks';
import type { BaseModelDescription } from '../../protocol/types';
import type { BaseIdentity } from '../../runs/record';
import type { BaseStorage } from '../../runs/settings';
import { loadBaseModel } from '../../storage/model-cache';
import { type ReadModel, readModel } from './model-files';
import type { ModelLibrary } from './model-library';

export const embeddedModels: readonly BaseModelDescription[] = [
  {
    id: 'roberta-mini',
    title: 'roberta-mini',
    modelType: 'roberta',
    layers: 6,
    hiddenSize: 384,
    parameterCount: 16_989_312,
    downloadBytes: 33_990_584,
    hasPooler: false,
    kept: null,
  },
  {
    id: 'roberta-tiny',
    title: 'roberta-tiny',
    modelType: 'roberta',
    layers: 2,
    hiddenSize: 128,
    parameterCount: 1_486_720,
    downloadBytes: 2_977_728,
    hasPooler: false,
    kept: null,
  },
];

export interface LoadedBaseModel extends BaseWeights {
  readonly id: string;
  readonly identity: BaseIdentity;
  /** How its weights are rounded. */
  readonly storage: BaseStorage;
  readonly config: EncoderConfig;
  readonly tokenizer: Tokenizer;
}

/** The model with its weights rounded for a storage. */
export function storedBase(base: LoadedBaseModel, storage: BaseStorage): LoadedBaseModel {
  return { ...base, storage, frozen: storedAs(base.config, base.frozen, storage) };
}

function tokenizerFiles({ tokenizerJson }: ReadModel, tokenizerConfig: object) {
  const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  return new Map([
    ['tokenizer.json', json(tokenizerJson)],
    ['tokenizer_config.json', json(tokenizerConfig)],
  ]);
}

/** Keeps the model used last, since almost every command asks for the same one. */
export class BaseModels {
  readonly #siteBase: string;
  readonly #library: ModelLibrary;
  #loaded: { readonly id: string; readonly model: Promise<LoadedBaseModel> } | null = null;

  /** `siteBase` is where the page is served from, with a slash at its end. */
  constructor(siteBase: string, library: ModelLibrary) {
    this.#siteBase = siteBase;
    this.#library = library;
  }

  /** Throws `unknown-base` for a model that is neither embedded nor kept, and what reading it throws. */
  load(
    id: string,
    onProgress: (doneBytes: number, totalBytes: number) => void = () => {},
  ): Promise<LoadedBaseModel> {
    if (this.#loaded?.id === id) return this.#loaded.model;
    const model = this.#load(id, onProgress);
    this.#loaded = { id, model };
    model.catch(() => {
      if (this.#loaded?.model === model) this.#loaded = null;
    });
    return model;
  }

  /** After it was deleted. */
  forget(id: string): void {
    if (this.#loaded?.id === id) this.#loaded = null;
  }

  /** The model's files as a Hugging Face folder needs them; read again, since a loaded model keeps only what it computes with. */
  async files(id: string): Promise<HuggingFaceBase> {
    const { read } = await this.#read(id, () => {});
    const tensors = new Map<string, Tensor>();
    for (const [name, { isFloat }] of read.weights.tensors)
      if (isFloat) tensors.set(name, await read.weights.tensor(name));
    return { config: read.configJson, tensors, tokenizer: tokenizerFiles(read, read.tokenizerConfig) };
  }

  /** What a model takes with it beside weights, for texts that are cut to `maxLength`. */
  async companions(id: string, maxLength: number): Promise<Omit<HuggingFaceBase, 'tensors'>> {
    const { read } = await this.#read(id, () => {});
    const tokenizerConfig = { ...read.tokenizerConfig, model_max_length: maxLength };
    return { config: read.configJson, tokenizer: tokenizerFiles(read, tokenizerConfig) };
  }

  async #load(
    id: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<LoadedBaseModel> {
    const { read, identity } = await this.#read(id, onProgress);
    const { config, weights, tokenizer } = read;
    const values = await baseWeightsOf(
      config,
      weights.tensors,
      async (fileTensor) => (await weights.tensor(fileTensor)).data,
      identity.name,
    );
    return { id, identity, storage: 'checkpoint', config, ...values, tokenizer };
  }

  async #read(
    id: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<{ readonly read: ReadModel; readonly identity: BaseIdentity }> {
    if (embeddedModels.some((model) => model.id === id)) return this.#readEmbedded(id, onProgress);
    const kept = await this.#library.open(id);
    if (!kept) {
      const there = (await this.#library.list()).map(({ title }) => title);
      throw new StudioError(
        'unknown-base',
        `The base model "${id}" is not kept in this browser.`,
        `Get it again under “Another base model”, or choose one of: ${there.join(', ')}.`,
      );
    }
    const { name, origin, fingerprint } = kept.record;
    const revision = origin.kind === 'hub' ? (origin.commit ?? origin.revision) : null;
    return { read: await readModel(kept.blobs, name), identity: { name, revision, fingerprint } };
  }

  async #readEmbedded(id: string, onProgress: (doneBytes: number, totalBytes: number) => void) {
    const files = await loadBaseModel(`${this.#siteBase}models/${id}/`, {
      onProgress: ({ loadedBytes, totalBytes }) => onProgress(loadedBytes, totalBytes ?? 0),
    });
    const json = (value: unknown) => new Blob([JSON.stringify(value)]);
    const blobs = new Map([
      ['config.json', json(files.config)],
      ['tokenizer.json', json(files.tokenizer)],
      ['tokenizer_config.json', json(files.tokenizerConfig)],
      ['model.safetensors', new Blob([files.weights])],
    ]);
    return {
      read: await readModel(blobs, id),
      identity: { name: id, revision: null, fingerprint: files.fingerprint },
    };
  }
}
