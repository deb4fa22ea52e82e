/** The base models that are embedded in the studio, and one of them in memory: weights, tables, tokenizer. */
import { loadTokenizer, type Tokenizer } from '../data/tokenizer';
import { StudioError } from '../errors';
import type { BaseModelFiles as HuggingFaceBase } from '../formats/hugging-face';
import { readSafetensors } from '../formats/safetensors';
import { type BaseWeights, baseWeightsOf, storedAs } from '../models/base-weights';
import { parseEncoderConfig } from '../models/encoder-config';
import type { EncoderConfig } from '../models/hooks';
import type { BaseStorage } from '../protocol/settings';
import type { BaseModelDescription } from '../protocol/types';
import { loadBaseModel } from '../storage/model-cache';

export const embeddedModels: readonly BaseModelDescription[] = [
  {
    id: 'roberta-mini',
    title: 'roberta-mini',
    layers: 6,
    hiddenSize: 384,
    parameterCount: 16_989_312,
    downloadBytes: 33_990_584,
    hasPooler: false,
  },
  {
    id: 'roberta-tiny',
    title: 'roberta-tiny',
    layers: 2,
    hiddenSize: 128,
    parameterCount: 1_486_720,
    downloadBytes: 2_977_728,
    hasPooler: false,
  },
];

export interface LoadedBaseModel extends BaseWeights {
  readonly id: string;
  readonly config: EncoderConfig;
  readonly tokenizer: Tokenizer;
  /** sha-256 of the weights file, hex. */
  readonly fingerprint: string;
}

/** The model with its weights rounded for a storage. */
export function storedBase(base: LoadedBaseModel, storage: BaseStorage): LoadedBaseModel {
  return { ...base, frozen: storedAs(base.config, base.frozen, storage) };
}

/** Keeps the model used last, since almost every command asks for the same one. */
export class BaseModels {
  readonly #siteBase: string;
  #loaded: { readonly id: string; readonly model: Promise<LoadedBaseModel> } | null = null;

  /** `siteBase` is where the page is served from, with a slash at its end. */
  constructor(siteBase: string) {
    this.#siteBase = siteBase;
  }

  load(
    id: string,
    onProgress: (doneBytes: number, totalBytes: number) => void = () => {},
  ): Promise<LoadedBaseModel> {
    if (this.#loaded?.id === id) return this.#loaded.model;
    if (!embeddedModels.some((model) => model.id === id)) {
      throw new StudioError(
        'unknown-base',
        `There is no base model "${id}".`,
        `Choose one of: ${embeddedModels.map((m) => m.id).join(', ')}.`,
      );
    }
    const model = this.#read(id, onProgress);
    this.#loaded = { id, model };
    model.catch(() => {
      if (this.#loaded?.model === model) this.#loaded = null;
    });
    return model;
  }

  /** The model's files as a Hugging Face folder needs them; read again, since a loaded model keeps only what it computes with. */
  async files(id: string): Promise<HuggingFaceBase> {
    const files = await loadBaseModel(`${this.#siteBase}models/${id}/`);
    const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
    return {
      config: files.config as HuggingFaceBase['config'],
      tensors: readSafetensors(files.weights, `${id}/model.safetensors`),
      tokenizer: new Map([
        ['tokenizer.json', json(files.tokenizer)],
        ['tokenizer_config.json', json(files.tokenizerConfig)],
      ]),
    };
  }

  async #read(
    id: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<LoadedBaseModel> {
    const files = await loadBaseModel(`${this.#siteBase}models/${id}/`, {
      onProgress: ({ loadedBytes, totalBytes }) => onProgress(loadedBytes, totalBytes ?? 0),
    });
    const config = parseEncoderConfig(files.config, `${id}/config.json`);
    const tensors = readSafetensors(files.weights, `${id}/model.safetensors`);
    return {
      id,
      config,
      ...(await baseWeightsOf(
        config,
        tensors,
        async (name) => tensors.get(name)!.data,
        `${id}/model.safetensors`,
      )),
      tokenizer: loadTokenizer(files.tokenizer as object, files.tokenizerConfig as object),
      fingerprint: files.fingerprint,
    };
  }
}
