/** A base model from the hub: looked up, its files brought onto the disk one after the other, then admitted. */
import { StudioError } from '../../errors';
import { parseEncoderConfig } from '../../models/encoder-config';
import type { DownloadRecord, ModelFileRecord, ModelRecord } from '../../protocol/records';
import type { DownloadProgress, FoundModel, HubModelRequest } from '../../protocol/types';
import { isSameEtag } from '../../storage/models/etag';
import { type HubAccess, type HubNetwork, hubFetch } from '../../storage/models/hub-fetch';
import {
  fileUrl,
  listRepo,
  neededFiles,
  probeFile,
  type RepoFile,
  type RepoListing,
  type RepoRequest,
  shardIndexFile,
} from '../../storage/models/hub-repo';
import { ModelFolder } from '../../storage/models/model-folder';
import { requireRoom } from '../../storage/models/room';
import { transfer } from '../../storage/models/transfer';
import type { StudioStore } from '../../storage/store';
import { admitModel, rewrittenBytes } from './model-admission';
import { parseJson, shardsOf } from './model-files';
import { ModelProgress } from './model-progress';

export interface DownloadParts {
  readonly store: StudioStore;
  readonly access: HubAccess;
  readonly network: Pick<HubNetwork, 'fetch' | 'sleep'>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** What will be downloaded, and at which commit. */
interface Plan {
  readonly id: string;
  readonly origin: DownloadRecord['origin'];
  readonly files: readonly RepoFile[];
  readonly modelType: string;
  readonly layers: number;
  readonly hiddenSize: number;
}

const namePattern = /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/;
const revisionPattern = /^[\w][\w./-]*$/;

/** Throws `bad-model-name` for what can be no name of a repository or revision. */
function checkRequest({ repo, revision }: HubModelRequest): void {
  if (namePattern.test(repo) && revisionPattern.test(revision) && !revision.includes('..')) return;
  throw new StudioError(
    'bad-model-name',
    namePattern.test(repo) ? `"${revision}" can be no revision.` : `"${repo}" can be no model’s name.`,
    'Write it as the model’s page has it: owner/name, or one word for the oldest models; a revision is a branch, a tag or a commit.',
  );
}

/** Throws `unsupported-base` for another kind of model, and what `listRepo` and `neededFiles` throw. */
async function plan(
  request: HubModelRequest,
  parts: DownloadParts,
  onWait: HubNetwork['onWait'],
): Promise<Plan> {
  checkRequest(request);
  const { access, network, signal } = parts;
  const fetch = hubFetch(access, { ...network, onWait }, signal);
  const at: RepoRequest = { endpoint: access.endpoint, fetch, ...request };
  const listing = await listRepo(at);
  const pinned = { ...at, revision: listing.commit ?? request.revision };
  const config = await smallJson(pinned, listing, 'config.json');
  const { numHiddenLayers, hiddenSize } = parseEncoderConfig(config, `${request.repo}/config.json`);
  const files = await withShards(pinned, listing);
  const names = neededFiles(new Set(files.keys()), await shardNames(pinned, listing));
  return {
    id: `${request.repo}@${listing.commit?.slice(0, 8) ?? request.revision}`,
    origin: { kind: 'hub', endpoint: access.endpoint, ...request, commit: listing.commit },
    files: names.map((name) => files.get(name)!),
    modelType: String((config as { readonly model_type?: unknown }).model_type),
    layers: numHiddenLayers,
    hiddenSize,
  };
}

/** Null where the weights are one file. */
async function shardNames(at: RepoRequest, { files }: RepoListing): Promise<readonly string[] | null> {
  if (files.has('model.safetensors') || !files.has(shardIndexFile)) return null;
  return shardsOf(await smallJson(at, { files }, shardIndexFile), `${at.repo}/${shardIndexFile}`);
}

/** A plain mirror lists no shards: each is asked for. */
async function withShards(at: RepoRequest, listing: RepoListing): Promise<ReadonlyMap<string, RepoFile>> {
  const files = new Map(listing.files);
  for (const name of (await shardNames(at, listing)) ?? []) {
    if (files.has(name)) continue;
    const found = await probeFile(at, name);
    if (found) files.set(name, found.file);
  }
  return files;
}

async function smallJson(
  at: RepoRequest,
  { files }: Pick<RepoListing, 'files'>,
  path: string,
): Promise<object> {
  const response = files.has(path)
    ? await at.fetch(fileUrl(at, at.revision, path), { cache: 'no-cache' })
    : null;
  if (!response?.ok) {
    // `neededFiles` says which way out there is.
    neededFiles(new Set([...files.keys()].filter((name) => name !== path)), null);
    throw new StudioError(
      'model-file-missing',
      `${path} is not there.`,
      'Check the model’s name and its revision.',
    );
  }
  return parseJson(await response.text(), `${at.repo}/${path}`);
}

const totalOf = (files: readonly { readonly sizeBytes: number }[]) =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Looks it up; keeps nothing. */
export async function findModel(request: HubModelRequest, parts: DownloadParts): Promise<FoundModel> {
  const found = await plan(request, parts, () => {});
  const [models, downloads] = await Promise.all([parts.store.listModels(), parts.store.listDownloads()]);
  const known = downloads.find(({ id }) => id === found.id);
  return {
    id: found.id,
    request,
    commit: found.origin.commit,
    modelType: found.modelType,
    layers: found.layers,
    hiddenSize: found.hiddenSize,
    files: found.files.length,
    totalBytes: totalOf(found.files),
    doneBytes: known ? await bytesThere(known) : 0,
    isKept: models.some(({ id }) => id === found.id),
  };
}

/** Bytes of a download that are on the disk. */
export async function bytesThere({ id, files }: DownloadRecord): Promise<number> {
  const folder = await ModelFolder.open(id);
  const sizes = await Promise.all(
    files.map(async ({ path, sizeBytes }) => Math.min(sizeBytes, (await folder.file(path))?.size ?? 0)),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Brings the model onto the disk and returns its record. Goes on with what is there of an earlier try. Throws what
 * `hubFetch`, `listRepo`, `neededFiles`, `transfer` and `admitModel` throw, `model-no-room` before the first byte.
 */
export async function downloadModel(request: HubModelRequest, parts: DownloadParts): Promise<ModelRecord> {
  try {
    return await attempt(request, parts);
  } catch (error) {
    // A branch has moved on in the middle of it: the second plan is of the new files.
    if (!(error instanceof StudioError) || error.code !== 'model-changed') throw error;
    return attempt(request, parts);
  }
}

async function attempt(request: HubModelRequest, parts: DownloadParts): Promise<ModelRecord> {
  const { store, onProgress, signal, network, access } = parts;
  let tellWait: (why: string) => void = () => {};
  const onWait: HubNetwork['onWait'] = (seconds, why) =>
    tellWait(`${why}: asking again in ${Math.ceil(seconds)} s`);
  const planned = await plan(request, parts, onWait);
  const { id, origin } = planned;
  const kept = (await store.listModels()).find((model) => model.id === id);
  if (kept) return kept;

  const folder = await ModelFolder.open(id);
  let record = await startRecord(planned, folder, store);
  const progress = new ModelProgress(id, totalOf(record.files), onProgress);
  tellWait = (why) => progress.wait(why);
  const missing = totalOf(record.files) - (await bytesThere(record));
  await requireRoom(missing + rewrittenBytes(record.files), id);

  const fetch = hubFetch(access, { ...network, onWait }, signal);
  const arrived: ModelFileRecord[] = [];
  let before = 0;
  for (const { path, sizeBytes, sha256, etag } of record.files) {
    const received = await folder.write(path, (sink) => {
      const there = sink.sizeBytes;
      return transfer({
        url: fileUrl(
          { endpoint: access.endpoint, repo: request.repo },
          origin.commit ?? request.revision,
          path,
        ),
        path: `${request.repo}/${path}`,
        sizeBytes,
        sha256,
        etag,
        sink,
        fetch,
        signal,
        sleep: network.sleep,
        onBytes: (done) => progress.advance(path, before + done, done !== there),
        onEtag: async (current) => {
          record = {
            ...record,
            files: record.files.map((file) => (file.path === path ? { ...file, etag: current } : file)),
          };
          await store.saveDownload(record);
        },
      });
    });
    arrived.push({ path, sizeBytes, sha256: received });
    before += sizeBytes;
  }
  if (origin.commit === null) await requireUnmoved(planned, await plan(request, parts, onWait));
  return admitModel({ id, name: request.repo, origin, files: arrived }, store);
}

/**
 * Throws `model-changed` where a branch without commits names other files at the end than at the beginning: it may have moved
 * while it was being looked up, and files that were on the disk already were not asked for again.
 */
function requireUnmoved(planned: Plan, now: Plan): void {
  const isUnmoved =
    now.files.length === planned.files.length &&
    planned.files.every((file, i) => file.path === now.files[i]!.path && isSameFile(file, now.files[i]!));
  if (isUnmoved) return;
  throw new StudioError(
    'model-changed',
    `${planned.origin.repo} has changed on the hub while it was downloaded.`,
    'Start the download again to get the present one.',
  );
}

/** By its sha-256, else by its ETag. Its size says nothing: shards of two versions have the same. */
function isSameFile(one: RepoFile, other: RepoFile): boolean {
  if (one.sizeBytes !== other.sizeBytes) return false;
  if (one.sha256 !== null && other.sha256 !== null) return one.sha256 === other.sha256;
  return isSameEtag(one.etag, other.etag);
}

/** The record of an earlier try where the hub still names the same files, else a new one; other files of it go. */
async function startRecord(
  { id, origin, files }: Plan,
  folder: ModelFolder,
  store: StudioStore,
): Promise<DownloadRecord> {
  const begun = (await store.listDownloads()).find((download) => download.id === id);
  const earlier = begun && isSameOrigin(begun.origin, origin) ? begun : undefined;
  const record: DownloadRecord = {
    version: 1,
    id,
    origin,
    startedAt: begun?.startedAt ?? Date.now(),
    files: await Promise.all(
      files.map(async (file) => {
        const known = earlier?.files.find(({ path }) => path === file.path);
        // At a commit no file changes; a branch without one may have moved.
        const isSame =
          known !== undefined &&
          (origin.commit === null
            ? isSameFile(known, file)
            : known.sizeBytes === file.sizeBytes && known.sha256 === file.sha256);
        if (!isSame) await folder.remove(file.path);
        const isBegun = isSame && ((await folder.file(file.path))?.size ?? 0) > 0;
        return { ...file, etag: isBegun ? known.etag : file.etag };
      }),
    ),
  };
  await store.saveDownload(record);
  return record;
}

/** Another hub's branch of this name is another one; a commit is the same everywhere. */
const isSameOrigin = (one: DownloadRecord['origin'], other: DownloadRecord['origin']) =>
  one.commit === other.commit && (one.commit !== null || one.endpoint === other.endpoint);
