/**
 * What a repository of the hub has, and which of its files a base model needs. Through the hub's listing where the server
 * has one; a plain mirror that only serves files is asked for each by name. Knows names of files; reads no weights.
 */
import type { ListFileEntry } from '@huggingface/hub';
import { StudioError } from '../../errors';

/** A file as the hub names it. */
export interface RepoFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of files in large-file storage; null for the others. */
  readonly sha256: string | null;
  /** That its contents come with; null where only a listing was asked. */
  readonly etag: string | null;
}

export interface RepoListing {
  /** Full hash, or null where the server names none. */
  readonly commit: string | null;
  /** Top-level files by name; of a plain mirror only those that a base model could need. */
  readonly files: ReadonlyMap<string, RepoFile>;
}

export interface RepoRequest {
  readonly endpoint: string;
  readonly repo: string;
  readonly revision: string;
  /** A `hubFetch`. */
  readonly fetch: typeof fetch;
}

const tokenizerFiles = ['tokenizer.json', 'vocab.json', 'merges.txt', 'vocab.txt', 'sentencepiece.bpe.model'];
const companions = ['tokenizer_config.json', 'special_tokens_map.json'];
const weightFiles = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'];

/** The repository at a revision. Throws what `hubFetch` throws, and `hub-no-repo` where there is no such repository. */
export async function listRepo(request: RepoRequest): Promise<RepoListing> {
  const listed = (await listThroughApi(request)) ?? (await probe(request));
  if (listed.files.size > 0) return listed;
  throw new StudioError(
    'hub-no-repo',
    `${new URL(request.endpoint).host} has no model ${request.repo} with a revision ${request.revision}.`,
    'Check the name as the model’s page has it (owner/name, or one word for the oldest models) and the revision.',
  );
}

/** Without it the client takes `datasets/…` for a data set. */
const model = (name: string) => ({ type: 'model', name }) as const;

/** Null where the server has no such interface, or names no commit: its branch may move, and a listing has no ETags to tell by. */
async function listThroughApi({ endpoint, repo, revision, fetch }: RepoRequest): Promise<RepoListing | null> {
  const { listFiles, modelInfo, HubApiError } = await import('@huggingface/hub');
  const at = { hubUrl: endpoint, revision, fetch };
  try {
    const { sha } = await modelInfo({ ...at, name: repo, additionalFields: ['sha'] });
    if (!sha) return null;
    const files = new Map<string, RepoFile>();
    // The listing is of the commit that the files are then fetched at.
    for await (const entry of listFiles({ ...at, repo: model(repo), revision: sha }))
      if (entry.type === 'file') files.set(entry.path, fileOf(entry));
    return { commit: sha, files };
  } catch (error) {
    // What is no JSON comes from a server that answers every address with a page.
    if (error instanceof HubApiError || error instanceof SyntaxError || error instanceof TypeError)
      return null;
    throw error;
  }
}

const fileOf = ({ path, size, lfs }: ListFileEntry): RepoFile => ({
  path,
  sizeBytes: lfs?.size ?? size,
  sha256: sha256Of(lfs?.oid),
  etag: null,
});

const sha256Of = (value: string | null | undefined): string | null =>
  /^"?([0-9a-f]{64})"?$/.exec(value ?? '')?.[1] ?? null;

/** Asks for each file that a base model could need, in the order in which one makes another unnecessary. */
async function probe(request: RepoRequest): Promise<RepoListing> {
  const files = new Map<string, RepoFile>();
  let commit: string | null = null;
  const ask = async (path: string) => {
    const found = await probeFile({ ...request, revision: commit ?? request.revision }, path);
    if (!found) return false;
    commit ??= found.commit;
    files.set(path, found.file);
    return true;
  };
  if (!(await ask('config.json'))) return { commit, files };
  for (const path of companions) await ask(path);
  if (!(await ask('tokenizer.json'))) for (const path of tokenizerFiles.slice(1)) await ask(path);
  for (const path of weightFiles) if (await ask(path)) break;
  return { commit, files };
}

/** One file through `/resolve/`; null where it is not there. Throws `hub-unreadable` where the answer is no hub's. */
export async function probeFile(
  { endpoint, repo, revision, fetch }: RepoRequest,
  path: string,
): Promise<{ readonly file: RepoFile; readonly commit: string | null } | null> {
  const { fileDownloadInfo, HubApiError } = await import('@huggingface/hub');
  let headers = new Headers();
  const watching: typeof globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    headers = response.headers;
    // Only the headers are read; a server that ignores the range would go on sending the whole file.
    if (response.ok) void response.body?.cancel();
    return response;
  };
  try {
    const info = await fileDownloadInfo({
      hubUrl: endpoint,
      repo: model(repo),
      revision,
      path,
      fetch: watching,
    });
    if (!info) return null;
    // A CDN has ETags of its own making; the hub's name the content.
    const sha256 =
      sha256Of(headers.get('x-linked-etag')) ?? (ofHub(info.url, endpoint) ? sha256Of(info.etag) : null);
    return {
      file: { path, sizeBytes: info.size, sha256, etag: headers.get('etag') ?? info.etag },
      commit: headers.get('x-repo-commit'),
    };
  } catch (cause) {
    if (cause instanceof StudioError) throw cause;
    if (cause instanceof HubApiError && cause.statusCode === 404) return null;
    throw new StudioError(
      'hub-unreadable',
      `${new URL(endpoint).host} does not answer as a hub does (asked for ${path} of ${repo}).`,
      'Check the hub’s address; a mirror must serve `/{model}/resolve/{revision}/{file}` with ranges.',
      { cause },
    );
  }
}

const ofHub = (url: string, endpoint: string) => new URL(url).origin === new URL(endpoint).origin;

/** Address of a file's contents. */
export function fileUrl(
  { endpoint, repo }: Pick<RepoRequest, 'endpoint' | 'repo'>,
  revision: string,
  path: string,
): string {
  return `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** Weights of several files. */
export const shardIndexFile = 'model.safetensors.index.json';

/**
 * The names of the files that a base model needs from a folder that has `names`: configuration, tokenizer, weights
 * (safetensors before torch's). `shards` are those that the index names, null before it is read. Throws
 * `model-files-missing` or `model-tokenizer` naming what is not there.
 */
export function neededFiles(names: ReadonlySet<string>, shards: readonly string[] | null): readonly string[] {
  const missing = (what: string, hint: string) =>
    new StudioError('model-files-missing', `The model has no ${what}.`, hint);
  if (!names.has('config.json'))
    throw missing(
      'config.json',
      'Choose a model repository or folder in the form of Hugging Face transformers.',
    );
  const weights = weightFiles.find((name) => names.has(name));
  if (!weights)
    throw missing(
      'model.safetensors and no pytorch_model.bin',
      names.has('tf_model.h5') || names.has('flax_model.msgpack')
        ? 'It has weights for TensorFlow or Flax only: load it in transformers and save it again with `save_pretrained`.'
        : 'Choose a repository or folder with weights in one of these files.',
    );
  const lost = shards?.filter((name) => !names.has(name)) ?? [];
  if (weights === shardIndexFile && lost.length > 0)
    throw missing(lost.join(', '), `${shardIndexFile} names it: the weights are not complete.`);
  return [
    'config.json',
    ...tokenizerOf(names),
    ...companions.filter((name) => names.has(name)),
    weights,
    ...(weights === shardIndexFile ? (shards ?? []) : []),
  ];
}

function tokenizerOf(names: ReadonlySet<string>): readonly string[] {
  if (names.has('tokenizer.json')) return ['tokenizer.json'];
  if (names.has('vocab.json') && names.has('merges.txt')) return ['vocab.json', 'merges.txt'];
  if (names.has('vocab.txt')) return ['vocab.txt'];
  throw new StudioError(
    'model-tokenizer',
    names.has('sentencepiece.bpe.model')
      ? 'The model has its tokenizer as sentencepiece.bpe.model only, without tokenizer.json.'
      : 'The model has no tokenizer: no tokenizer.json, no vocab.json with merges.txt, no vocab.txt.',
    'Load it in Python with `AutoTokenizer.from_pretrained(…).save_pretrained(folder)`, which writes tokenizer.json, and drop the folder here with the model’s other files.',
  );
}
