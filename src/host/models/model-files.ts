/**
 * A base model read from its files, wherever they are: configuration, tokenizer, and weights of which only the headers are
 * read before a tensor is asked for. What is accepted here trains; nothing else is kept.
 */
import { buildBpeTokenizer, buildWordPieceTokenizer } from '../../data/build-tokenizer';
import { loadTokenizer, type Tokenizer } from '../../data/tokenizer';
import { StudioError } from '../../errors';
import { SafetensorsBlob, type StoredTensor, type TensorInfo } from '../../formats/safetensors';
import { checkpointNames } from '../../models/checkpoint';
import { poolerTensors } from '../../models/encoder';
import { parseEncoderConfig } from '../../models/encoder-config';
import type { EncoderConfig } from '../../models/hooks';
import { shardIndexFile } from '../../storage/models/hub-repo';

/** Files by name, of one folder. */
export type ModelBlobs = ReadonlyMap<string, Blob>;

export interface ReadModel {
  readonly config: EncoderConfig;
  /** The checkpoint brings one, which heads may read. */
  readonly hasPooler: boolean;
  /** `config.json` as it is. */
  readonly configJson: { readonly [key: string]: unknown };
  readonly tokenizer: Tokenizer;
  /** `tokenizer.json` and `tokenizer_config.json`, the first built where the folder has only its parts. */
  readonly tokenizerJson: object;
  readonly tokenizerConfig: object;
  readonly weights: ModelWeights;
}

/** Tensors of one or more files, by the names that the files have for them. */
class ModelWeights {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #files: readonly SafetensorsBlob[];

  constructor(files: readonly SafetensorsBlob[]) {
    this.#files = files;
    this.tensors = new Map(files.flatMap(({ entries }) => [...entries]));
  }

  /** Reads the tensor from its file. Throws as `SafetensorsBlob.tensor`. */
  tensor(name: string): Promise<StoredTensor> {
    const file = this.#files.find(({ entries }) => entries.has(name)) ?? this.#files[0]!;
    return file.tensor(name);
  }
}

/**
 * Throws `unsupported-base`, `model-tokenizer`, `model-file-damaged`, `bad-base-weights` or what `SafetensorsBlob.open`
 * throws, naming the model and the file.
 */
export async function readModel(blobs: ModelBlobs, title: string): Promise<ReadModel> {
  const configJson = (await readJson(blobs, 'config.json', title)) as ReadModel['configJson'];
  const config = parseEncoderConfig(configJson, `${title}/config.json`);
  const tokenizerConfig = blobs.has('tokenizer_config.json')
    ? await readJson(blobs, 'tokenizer_config.json', title)
    : {};
  const tokenizerJson = await readTokenizer(blobs, tokenizerConfig, title);
  const weights = new ModelWeights(
    await Promise.all(
      (await weightFiles(blobs, title)).map((name) =>
        SafetensorsBlob.open(required(blobs, name, title), `${title}/${name}`),
      ),
    ),
  );
  const hasPooler = checkWeights(config, weights, title);
  return {
    config,
    hasPooler,
    configJson,
    tokenizer: loadTokenizer(tokenizerJson, tokenizerConfig),
    tokenizerJson,
    tokenizerConfig,
    weights,
  };
}

/** Names of the safetensors files that hold the weights, in order. */
async function weightFiles(blobs: ModelBlobs, title: string): Promise<readonly string[]> {
  if (blobs.has('model.safetensors') || !blobs.has(shardIndexFile)) return ['model.safetensors'];
  return shardsOf(await readJson(blobs, shardIndexFile, title), `${title}/${shardIndexFile}`);
}

/** Names of the files in an index of shards, in order. Throws `model-file-damaged`. */
export function shardsOf(index: object, fileName: string): readonly string[] {
  const { weight_map: map } = index as { readonly weight_map?: unknown };
  const names = typeof map === 'object' && map !== null ? Object.values(map) : [];
  // A name with a folder in it could point anywhere.
  if (
    names.length === 0 ||
    !names.every((name) => typeof name === 'string' && /^[\w.-]+\.safetensors$/.test(name))
  )
    throw damaged(fileName, 'its weight_map names no files');
  return [...new Set(names as string[])].sort();
}

/** Every tensor that the model computes with is there, in its shape, as floats. Whether a pooler is among them. */
function checkWeights(config: EncoderConfig, { tensors }: ModelWeights, title: string): boolean {
  const names = checkpointNames(config, tensors, title);
  for (const name of names.values()) {
    const { isFloat, dtype } = tensors.get(name)!;
    if (isFloat) continue;
    throw new StudioError(
      'bad-base-weights',
      `${title}: tensor ${name} is stored as ${dtype}; weights are read as F32, F16, BF16 or F64.`,
      'Use the model as it was before it was quantised, or save it again in one of these types.',
    );
  }
  return poolerTensors(config).some(({ name }) => names.has(name));
}

async function readTokenizer(blobs: ModelBlobs, config: object, title: string): Promise<object> {
  if (blobs.has('tokenizer.json')) return readJson(blobs, 'tokenizer.json', title);
  const text = (name: string) => required(blobs, name, title).text();
  if (blobs.has('merges.txt'))
    return buildBpeTokenizer(
      (await readJson(blobs, 'vocab.json', title)) as Record<string, number>,
      await text('merges.txt'),
    );
  return buildWordPieceTokenizer(await text('vocab.txt'), config);
}

function required(blobs: ModelBlobs, name: string, title: string): Blob {
  const blob = blobs.get(name);
  if (blob) return blob;
  throw new StudioError(
    'model-files-missing',
    `${title} has no ${name}.`,
    'Its folder is incomplete: get the model again.',
  );
}

async function readJson(blobs: ModelBlobs, name: string, title: string): Promise<object> {
  return parseJson(await required(blobs, name, title).text(), `${title}/${name}`);
}

/** An object or list. Throws `model-file-damaged`. */
export function parseJson(text: string, fileName: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw damaged(fileName, cause instanceof Error ? cause.message : String(cause));
  }
  throw damaged(fileName, 'it is no object');
}

function damaged(fileName: string, reason: string): StudioError {
  return new StudioError(
    'model-file-damaged',
    `${fileName} cannot be read: ${reason}.`,
    'Get the model again; if it stays so, its source is damaged.',
  );
}
