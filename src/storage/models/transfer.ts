/**
 * One file from the hub onto the disk: streamed, resumed by ranges where a connection broke, checked against size and
 * sha-256. Knows HTTP and something to write to; nothing of models.
 */
import { createSHA256, type IHasher } from 'hash-wasm';
import { StudioError } from '../../errors';
import { refuseStandIn } from '../../formats/stand-in';
import { isSameEtag } from './etag';
import { maximumRetries, waitBefore } from './hub-fetch';

/** A file that grows at its end. */
export interface FileSink {
  readonly sizeBytes: number;
  append(bytes: Uint8Array): void;
  truncate(sizeBytes: number): void;
  read(begin: number, end: number): Uint8Array;
}

export interface TransferOptions {
  readonly url: string;
  /** For messages. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Null where the hub names none. */
  readonly sha256: string | null;
  /** ETag that the bytes in the sink came with; before the first of them the one that the hub named, null if it named none. */
  readonly etag: string | null;
  readonly sink: FileSink;
  /** A `hubFetch`. */
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Bytes of the file that are on the disk. */
  readonly onBytes: (doneBytes: number) => void;
  /** Awaited before bytes of this ETag are written. */
  readonly onEtag: (etag: string) => Promise<void>;
}

const pieceBytes = 4 * 2 ** 20;

/** A file that is another one at each request would begin anew for ever. */
const maximumRestarts = 3;

/** Silence after which a connection counts as broken. */
const stalledMs = 30_000;

/**
 * Fills the sink and returns the file's sha-256, hex. Parts of two answers are of one file where its sha-256 says so at the
 * end, or where their ETags are the same; a file with neither begins anew after each break. Throws what `hubFetch` throws, `model-file-missing`, `file-html` and
 * its kin, `model-changed` where the hub has another file than the one that `sha256`, else `etag`, names, `model-checksum` (the sink is then empty), or
 * `model-file-incomplete` where the connection keeps breaking.
 */
export async function transfer(options: TransferOptions): Promise<string> {
  const { sink, path, sizeBytes, sha256, signal } = options;
  const hash = await createSHA256();
  if (sink.sizeBytes > sizeBytes) sink.truncate(0);
  const state: State = { hash, etag: options.etag, restarts: 0, furthest: sink.sizeBytes };
  hashFromDisk(sink, hash);
  options.onBytes(sink.sizeBytes);
  for (let failures = 0; sink.sizeBytes < sizeBytes; ) {
    signal.throwIfAborted();
    const broken = await receive(options, state);
    if (sink.sizeBytes === sizeBytes) break;
    failures = sink.sizeBytes > state.furthest ? 0 : failures + 1;
    state.furthest = Math.max(state.furthest, sink.sizeBytes);
    if (failures > maximumRetries) throw incomplete(path, sink.sizeBytes, sizeBytes, broken);
    if (failures > 0) await options.sleep(waitBefore(failures - 1), signal);
  }
  const digest = hash.digest('hex');
  if (sha256 !== null && digest !== sha256) {
    sink.truncate(0);
    throw new StudioError(
      'model-checksum',
      `${path} arrived damaged: its sha-256 is ${digest.slice(0, 12)}…, the hub names ${sha256.slice(0, 12)}….`,
      'Download it again. If it happens again, the hub or a mirror between serves a wrong file.',
    );
  }
  return digest;
}

interface State {
  readonly hash: IHasher;
  etag: string | null;
  restarts: number;
  /** Bytes that an answer has led to; one that begins anew is no progress before it has come as far. */
  furthest: number;
}

function hashFromDisk(sink: FileSink, hash: IHasher): void {
  hash.init();
  for (let at = 0; at < sink.sizeBytes; at += pieceBytes)
    hash.update(sink.read(at, Math.min(at + pieceBytes, sink.sizeBytes)));
}

/** One request, from where the sink ends. Returns what broke it, or null where its end was reached. */
async function receive(options: TransferOptions, state: State): Promise<unknown> {
  const { url, path, sizeBytes, sha256, sink, signal } = options;
  const startOver = () => {
    sink.truncate(0);
    state.hash.init();
  };
  if (sha256 === null && state.etag === null) startOver();
  const begin = sink.sizeBytes;
  // The ETag of a 206 is compared here. `If-Range` would do it on the server, but it makes browsers ask the hub's CDN for
  // permission first (a CORS preflight), which a plain range does not need.
  const response = await options.fetch(url, {
    cache: 'no-store',
    headers: begin > 0 ? { range: `bytes=${begin}-` } : {},
  });
  const leave = async () => response.body?.cancel();
  if (response.status === 416) {
    await leave();
    startOver();
    throw changed(path, `no more than ${begin} bytes`);
  }
  if (!response.ok) {
    await leave();
    throw new StudioError(
      'model-file-missing',
      `${path} is not there: ${new URL(url).host} answered ${response.status}.`,
      'Check the model’s name and its revision.',
    );
  }
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    await leave();
    refuseStandIn(new TextEncoder().encode('<!doctype html>'), path);
  }
  const range = rangeOf(response);
  if (range && range.total !== sizeBytes) {
    await leave();
    startOver();
    throw changed(path, `${range.total} bytes instead of ${sizeBytes}`);
  }
  const etag = response.headers.get('etag');
  const isOther = etag !== null && state.etag !== null && !isSameEtag(etag, state.etag);
  if (isOther && sha256 === null) {
    await leave();
    startOver();
    throw changed(path, 'another ETag');
  }
  // Without a sha-256 nothing tells later that a part does not belong here.
  const isUnsure = sha256 === null && (etag === null || range === null);
  const isElsewhere = range !== null && range.begin !== begin;
  if (begin > 0 && response.status === 206 && (isOther || isUnsure || isElsewhere)) {
    await leave();
    startOver();
    state.etag = null;
    state.furthest = 0;
    state.restarts += 1;
    if (state.restarts > maximumRestarts) throw changed(path, 'other contents at each request');
    return 'the file is another one now';
  }
  if (begin > 0 && response.status !== 206) startOver();
  if (etag !== null && etag !== state.etag) {
    state.etag = etag;
    await options.onEtag(etag);
  }
  return readBody(response, options, state.hash, signal);
}

async function readBody(
  response: Response,
  { path, sizeBytes, sink, onBytes }: TransferOptions,
  hash: IHasher,
  signal: AbortSignal,
): Promise<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return 'the answer has no body';
  try {
    for (;;) {
      const part = await withinTime(reader.read(), stalledMs);
      signal.throwIfAborted();
      if (part.done) return null;
      if (sink.sizeBytes === 0) refuseStandIn(part.value, path);
      if (sink.sizeBytes + part.value.byteLength > sizeBytes) {
        sink.truncate(0);
        throw changed(path, `more than ${sizeBytes} bytes`);
      }
      sink.append(part.value);
      hash.update(part.value);
      onBytes(sink.sizeBytes);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    signal.throwIfAborted();
    if (error instanceof StudioError) throw error;
    return error;
  }
}

/** Rejects where nothing has come for so long; the timer ends with the promise. */
async function withinTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of `content-range: bytes 5-9/10`; null where there is none, or the hub does not let pages read it. */
function rangeOf({ headers }: Response): { readonly begin: number; readonly total: number } | null {
  const found = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
  return found ? { begin: Number(found[1]), total: Number(found[2]) } : null;
}

function changed(path: string, what: string): StudioError {
  return new StudioError(
    'model-changed',
    `${path} has changed on the hub since the download began: it has ${what}.`,
    'Start the download again to get the present one.',
  );
}

function incomplete(path: string, doneBytes: number, sizeBytes: number, cause: unknown): StudioError {
  return new StudioError(
    'model-file-incomplete',
    `The connection broke again and again: ${doneBytes} of ${sizeBytes} bytes of ${path} are here.`,
    'Check the network and go on with the download; what is here is kept.',
    { cause },
  );
}
