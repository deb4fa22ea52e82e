/**
 * Files of a base model: fetched once, kept in the Cache API, and served from there when the network is off. Checks
 * that each file is what its name says, because a server's fallback page comes with status 200. Knows no model.
 */
import { StudioError } from '../errors';
import { sha256 } from '../formats/sha256';
import { refuseStandIn } from '../formats/stand-in';

const baseModelFileNames = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
] as const;
type BaseModelFileName = (typeof baseModelFileNames)[number];

export interface BaseModelFiles {
  readonly config: unknown;
  readonly tokenizer: unknown;
  readonly tokenizerConfig: unknown;
  readonly weights: Uint8Array<ArrayBuffer>;
  /** sha-256 of `model.safetensors`, hex. */
  readonly fingerprint: string;
}

export interface ModelProgress {
  readonly file: BaseModelFileName;
  readonly loadedBytes: number;
  /** Null where the server does not say. */
  readonly totalBytes: number | null;
  readonly fromCache: boolean;
}

export interface ModelCacheOptions {
  readonly onProgress?: (progress: ModelProgress) => void;
  /** For tests: another network, another cache. */
  readonly fetch?: typeof fetch;
  readonly cacheName?: string;
}

/**
 * The four files under `baseUrl`. A cached file is used if the server names the same ETag or, without one, the same
 * length, and also if the server cannot be reached. Throws `model-offline`, `model-file-missing`,
 * `model-file-incomplete`, `model-file-damaged`, `file-html`, `file-lfs-pointer` or `file-empty`, naming the file.
 */
export async function loadBaseModel(
  baseUrl: string,
  options: ModelCacheOptions = {},
): Promise<BaseModelFiles> {
  const source = new ModelSource(baseUrl, options);
  const [config, tokenizer, tokenizerConfig] = [
    await source.json('config.json'),
    await source.json('tokenizer.json'),
    await source.json('tokenizer_config.json'),
  ];
  const weights = await source.bytes('model.safetensors');
  return { config, tokenizer, tokenizerConfig, weights, fingerprint: await sha256([weights]) };
}

class ModelSource {
  readonly #folder: string;
  readonly #fetch: typeof fetch;
  readonly #cacheName: string;
  readonly #onProgress: (progress: ModelProgress) => void;

  constructor(baseUrl: string, { fetch: otherFetch, cacheName, onProgress }: ModelCacheOptions) {
    this.#folder = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
    this.#fetch = otherFetch ?? ((input, init) => fetch(input, init));
    this.#cacheName = cacheName ?? 'adapter-studio-models';
    this.#onProgress = onProgress ?? (() => undefined);
  }

  async json(file: BaseModelFileName): Promise<unknown> {
    const bytes = await this.bytes(file);
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StudioError(
        'model-file-damaged',
        `${this.#folder}${file} is not valid JSON (${reason}).`,
        reloadHint,
      );
    }
  }

  async bytes(file: BaseModelFileName): Promise<Uint8Array<ArrayBuffer>> {
    const url = this.#folder + file;
    // Absent in insecure contexts: then every load is a download.
    const cache = await globalThis.caches?.open(this.#cacheName).catch(() => undefined);
    const cached = await cache?.match(url);
    if (cached && (await this.#isCurrent(url, cached))) return this.#read(file, cached, true);
    const response = await this.#download(file, url);
    const bytes = await this.#read(file, response, false);
    const headers = new Headers({ 'content-length': String(bytes.byteLength) });
    const etag = response.headers.get('etag');
    if (etag) headers.set('etag', etag);
    // Without room for the cache the model still works; it is only fetched again next time.
    await cache?.put(url, new Response(bytes, { headers })).catch(() => undefined);
    return bytes;
  }

  /** Whether the server still has this file, or cannot be asked. */
  async #isCurrent(url: string, cached: Response): Promise<boolean> {
    let head: Response;
    try {
      head = await this.#fetch(url, { method: 'HEAD', cache: 'no-cache' });
    } catch {
      return true; // offline
    }
    if (!head.ok) return true; // no such method, or a server in trouble: what we have was checked
    const [etag, cachedEtag] = [head.headers.get('etag'), cached.headers.get('etag')];
    if (etag && cachedEtag) return etag === cachedEtag;
    const length = plainLength(head);
    return length === null || String(length) === cached.headers.get('content-length');
  }

  async #download(file: BaseModelFileName, url: string): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(url, { cache: 'no-cache' });
    } catch (cause) {
      throw new StudioError(
        'model-offline',
        `${file} of the base model could not be fetched from ${this.#folder} and is not kept in this browser.`,
        'Connect to the network and try again; once fetched, the model also works offline.',
        { cause },
      );
    }
    if (!response.ok)
      throw new StudioError(
        'model-file-missing',
        `${url} is not there: the server answered ${response.status}.`,
        'The studio was published without this base model. Choose another one, or tell whoever runs this page.',
      );
    return response;
  }

  async #read(
    file: BaseModelFileName,
    response: Response,
    fromCache: boolean,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const totalBytes = plainLength(response);
    const chunks: Uint8Array[] = [];
    let loadedBytes = 0;
    try {
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        chunks.push(part.value);
        loadedBytes += part.value.byteLength;
        this.#onProgress({ file, loadedBytes, totalBytes, fromCache });
      }
    } catch (cause) {
      this.#incomplete(file, loadedBytes, totalBytes, cause);
    }
    if (totalBytes !== null && loadedBytes !== totalBytes) this.#incomplete(file, loadedBytes, totalBytes);
    const bytes = new Uint8Array(loadedBytes);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    refuseStandIn(bytes, this.#folder + file);
    return bytes;
  }

  #incomplete(file: BaseModelFileName, loaded: number, total: number | null, cause?: unknown): never {
    throw new StudioError(
      'model-file-incomplete',
      `${this.#folder}${file} ended after ${loaded} of ${total ?? 'unknown'} bytes.`,
      reloadHint,
      { cause },
    );
  }
}

const reloadHint = 'Check the network and try again.';

/** Bytes of the body; null where the server does not say, or says it for the compressed body. */
function plainLength(response: Response): number | null {
  const length = response.headers.get('content-length');
  if (length === null || response.headers.get('content-encoding')) return null;
  return Number(length);
}
