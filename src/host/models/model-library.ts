/**
 * The base models of this browser: which are kept, which are on their way, where others come from. The one writer of their
 * records and folders.
 */
import { StudioError } from '../../errors';
import { isConnectSource } from '../../policy';
import type { ModelRecord } from '../../protocol/records';
import type {
  BaseModelDescription,
  DownloadProgress,
  EventMessage,
  FoundModel,
  HubModelRequest,
  ModelLibrary as LibraryDescription,
  NamedFile,
  UnfinishedDownload,
} from '../../protocol/types';
import { type HubAccess, type HubNetwork, isPrivateWay } from '../../storage/models/hub-fetch';
import { checkedHosts, connectSources, defaultDownloadHosts } from '../../storage/models/hub-hosts';
import { listFolders, ModelFolder, removeFolder } from '../../storage/models/model-folder';
import { roomNow } from '../../storage/models/room';
import type { StudioStore } from '../../storage/store';
import { blobsOf } from './model-admission';
import { bytesThere, type DownloadParts, downloadModel, findModel } from './model-download';
import type { ModelBlobs } from './model-files';
import { importModel } from './model-import';

const defaultEndpoint = 'https://huggingface.co';

/** Held while models are written: one tab at a time, and no other sweeps meanwhile. */
const lockName = 'adapter-studio-models';

/** A way to the hub for one look-up or download, which reaches these sources and no others. */
export type OpenHub = (connect: readonly string[]) => {
  readonly fetch: typeof fetch;
  readonly end: () => void;
};

/** Where no policy stands between: the worker's own requests. */
const openDirectly: OpenHub = () => ({ fetch: (input, init) => fetch(input, init), end: () => {} });

const sleep: HubNetwork['sleep'] = (ms, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });

export interface KeptModel {
  readonly record: ModelRecord;
  readonly blobs: ModelBlobs;
}

export class ModelLibrary {
  readonly #store: StudioStore;
  readonly #embedded: readonly BaseModelDescription[];
  readonly #post: (event: EventMessage) => void;
  readonly #openHub: OpenHub;
  /** Of the download that is running. */
  #running: { readonly abort: AbortController } | null = null;

  constructor(
    store: StudioStore,
    embedded: readonly BaseModelDescription[],
    post: (event: EventMessage) => void,
    openHub: OpenHub = openDirectly,
  ) {
    this.#store = store;
    this.#embedded = embedded;
    this.#post = post;
    this.#openHub = openHub;
  }

  async describe(): Promise<LibraryDescription> {
    const [baseModels, downloads, storage, access] = await Promise.all([
      this.list(),
      this.#store.listDownloads(),
      roomNow(),
      this.#access(),
    ]);
    const unfinished = downloads.map(async (download): Promise<UnfinishedDownload> => {
      const { id, origin, files } = download;
      return {
        id,
        request: { repo: origin.repo, revision: origin.revision },
        doneBytes: await bytesThere(download),
        totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
    });
    return {
      baseModels,
      unfinished: await Promise.all(unfinished),
      storage,
      hub: {
        endpoint: access.endpoint,
        hasToken: access.token !== null,
        downloadHosts: await this.#downloadHosts(access.endpoint),
      },
    };
  }

  /** What can be trained on: embedded ones first. */
  async list(): Promise<readonly BaseModelDescription[]> {
    return [...this.#embedded, ...(await this.#store.listModels()).map(describeModel)];
  }

  /** Undefined for an id that is not kept. Throws `model-damaged`. */
  async open(id: string): Promise<KeptModel | undefined> {
    const record = (await this.#store.listModels()).find((model) => model.id === id);
    if (!record) return undefined;
    return { record, blobs: await blobsOf(record.files, await ModelFolder.open(id), record.name) };
  }

  /** Folders and files without a record are what a crash left; skipped while a tab is writing. */
  async sweep(): Promise<void> {
    await navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
      if (lock) await this.#removeOrphans();
    });
  }

  /**
   * A token of null is forgotten; one left out stays while the address is of the same origin, since it was typed for that one.
   * So do download hosts; empty ones are the usual ones again.
   * Throws `bad-endpoint` for what is no web address or has a password in it, `hub-token-exposed` for a token that would be
   * sent where others can read it, `bad-download-host`.
   */
  async setHub(
    typed: string,
    token: string | null | undefined,
    downloadHosts?: string,
  ): Promise<LibraryDescription> {
    const endpoint = checkedEndpoint(typed);
    const hosts = downloadHosts === undefined ? undefined : checkedHosts(downloadHosts);
    if (token && !isPrivateWay(endpoint))
      throw new StudioError(
        'hub-token-exposed',
        `${new URL(endpoint).host} is reached over http: everybody on the way could read the access token.`,
        'Use the hub’s https address, or leave the token out. Plain http is for localhost and 127.0.0.1.',
      );
    const isMoved = originOf(endpoint) !== originOf((await this.#access()).endpoint);
    if (token || token === null || isMoved) await this.#store.deleteSetting('hub-token');
    if (hosts || isMoved) await this.#store.deleteSetting('hub-hosts');
    await this.#store.saveSetting('hub-endpoint', endpoint);
    if (hosts && hosts.length > 0)
      await this.#store.saveSetting('hub-hosts', [originOf(endpoint), ...hosts].join(' '));
    if (token) await this.#store.saveSetting('hub-token', `${originOf(endpoint)} ${token}`);
    return this.describe();
  }

  async find(request: HubModelRequest): Promise<FoundModel> {
    return this.#withHub(undefined, new AbortController().signal, (parts) => findModel(request, parts));
  }

  /** Resolves when the model is kept. Throws `model-in-use` while another one is on its way, `download-paused`. */
  download(request: HubModelRequest, endpoint?: string): Promise<BaseModelDescription> {
    return this.#writing((signal) =>
      this.#withHub(endpoint, signal, async (parts) => describeModel(await downloadModel(request, parts))),
    );
  }

  /** As `download`, from the hub and at the commit that it began with. */
  async continue(modelId: string): Promise<BaseModelDescription> {
    const begun = (await this.#store.listDownloads()).find(({ id }) => id === modelId);
    if (!begun)
      throw new StudioError(
        'unknown-download',
        'There is nothing of this download any more.',
        'Look the model up again and download it.',
      );
    const { endpoint, repo, revision, commit } = begun.origin;
    return this.download({ repo, revision: commit ?? revision }, endpoint);
  }

  pause(): void {
    this.#running?.abort.abort(
      new StudioError(
        'download-paused',
        'The download was paused.',
        'What is here is kept: go on at any time.',
      ),
    );
  }

  import(name: string, files: readonly NamedFile[]): Promise<BaseModelDescription> {
    return this.#writing(async () => {
      try {
        return describeModel(await importModel(name, files, { store: this.#store, onProgress: this.#tell }));
      } catch (error) {
        await this.#removeOrphans();
        throw error;
      }
    });
  }

  /** A kept model or an unfinished download, record first: what is left then is an orphan. */
  async delete(modelId: string): Promise<void> {
    await this.#exclusively(async () => {
      await this.#store.deleteModel(modelId);
      await removeFolder(modelId);
    });
    await this.#changed();
  }

  readonly #tell = (progress: DownloadProgress): void => this.#post({ type: 'download', progress });

  async #withHub<T>(
    endpoint: string | undefined,
    signal: AbortSignal,
    work: (parts: DownloadParts) => Promise<T>,
  ): Promise<T> {
    const access = await this.#access(endpoint);
    const hosts = await this.#downloadHosts(access.endpoint);
    const { fetch, end } = this.#openHub(connectSources(access.endpoint, hosts));
    try {
      const network = { fetch, sleep };
      return await work({ store: this.#store, access, network, signal, onProgress: this.#tell });
    } finally {
      end();
    }
  }

  /** Kept as `<origin> <host> …`, for that hub alone; what is no host is nothing that was kept here. */
  async #downloadHosts(endpoint: string): Promise<readonly string[]> {
    const kept = await this.#store.getSetting('hub-hosts');
    const [origin, ...hosts] = typeof kept === 'string' ? kept.split(' ') : [];
    return origin === originOf(endpoint) && hosts.every(isConnectSource)
      ? hosts
      : defaultDownloadHosts(endpoint);
  }

  /** To the hub that is set, or another one. The token is kept as `<origin> <token>` and given for that origin alone. */
  async #access(at?: string): Promise<HubAccess> {
    const [set, kept] = await Promise.all([
      this.#store.getSetting('hub-endpoint'),
      this.#store.getSetting('hub-token'),
    ]);
    const endpoint = at ?? (typeof set === 'string' ? set : defaultEndpoint);
    const [origin, token] = typeof kept === 'string' ? kept.split(' ') : [];
    return { endpoint, token: token !== undefined && origin === originOf(endpoint) ? token : null };
  }

  async #writing<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    try {
      return await this.#exclusively(() => {
        this.#running = { abort };
        return work(abort.signal);
      });
    } finally {
      if (this.#running?.abort === abort) this.#running = null;
      await this.#changed();
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(lockName, { ifAvailable: true }, (lock) => {
      if (lock) return work();
      throw new StudioError(
        'model-in-use',
        'A base model is being downloaded or copied just now, in this tab or another one.',
        'Wait until it has ended, or pause it first.',
      );
    }) as Promise<T>;
  }

  async #changed(): Promise<void> {
    this.#post({ type: 'library', library: await this.describe() });
  }

  async #removeOrphans(): Promise<void> {
    const [models, known] = await Promise.all([this.#store.listModels(), this.#store.modelIds()]);
    for (const id of await listFolders()) if (!known.has(id)) await removeFolder(id);
    for (const { id, files } of models) {
      // A download of that id which cannot be read may have files of its own there.
      if (this.#store.setAside.reasonOf(`download/${id}`) !== undefined) continue;
      const folder = await ModelFolder.open(id);
      const own = new Set(files.map(({ path }) => path));
      for (const name of await folder.names()) if (!own.has(name)) await folder.remove(name);
    }
  }
}

function describeModel(record: ModelRecord): BaseModelDescription {
  const {
    id,
    name,
    origin,
    storedAt,
    fingerprint,
    modelType,
    layers,
    hiddenSize,
    parameterCount,
    hasPooler,
    files,
  } = record;
  return {
    id,
    title: name,
    modelType,
    layers,
    hiddenSize,
    parameterCount,
    downloadBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    hasPooler,
    kept: { origin, storedAt, fingerprint },
  };
}

const originOf = (endpoint: string) => new URL(endpoint).origin;

function checkedEndpoint(typed: string): string {
  const address = typed.trim() === '' ? defaultEndpoint : typed.trim();
  const url = URL.canParse(address) ? new URL(address) : null;
  // Not repeated in the message: messages are shown and kept.
  if (url && url.username + url.password !== '')
    throw new StudioError(
      'bad-endpoint',
      'The hub’s address has a name or a password in it.',
      'Leave out what is before the @: models and records keep the address. An access token has a field of its own.',
    );
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && isWeb && isConnectSource(url.origin)) return url.href.replace(/\/+$/, '');
  if (url && isWeb)
    throw new StudioError(
      'bad-endpoint',
      `${url.host} cannot be named in the page’s security policy.`,
      'Use the host’s name, or its IPv4 address, in place of an IPv6 address.',
    );
  throw new StudioError(
    'bad-endpoint',
    `"${typed}" is no web address.`,
    `Write it with https://, e.g. ${defaultEndpoint}; empty means that one.`,
  );
}
