/**
 * A hub on 127.0.0.1 for tests: the paths, headers and redirects of huggingface.co, with its CDN on another origin, and its
 * ways to go wrong. Serves what it is given; never reaches out.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What goes wrong with a path of the repository, once or always. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly times?: number;
    }
  /** The connection is cut after so many bytes of an answer. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly times?: number }
  /** A page with status 200 in place of the file. */
  | { readonly kind: 'html'; readonly times?: number }
  /** Bytes come, but not those that the hub's hash is of. */
  | { readonly kind: 'damage'; readonly times?: number }
  /** Ranges are ignored: the whole file comes with status 200. */
  | { readonly kind: 'noRanges'; readonly times?: number }
  /** The file comes without its ETag. */
  | { readonly kind: 'noEtag'; readonly times?: number };

export interface FakeRepo {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Names of files in large-file storage: redirected to the CDN, named by their sha-256. */
  readonly large?: RegExp;
  /** Null for a server that names no commits. */
  readonly commit?: string | null;
  /** Only for whoever sends this token. */
  readonly token?: string;
}

export interface FakeHubOptions {
  /** False for a plain mirror: files only, no listing. */
  readonly api?: boolean;
  /** Bytes a second that a file is sent with; as fast as can be where it is left out. */
  readonly bytesPerSecond?: number;
}

export interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
  readonly status: number;
}

const exposed =
  'X-Repo-Commit,X-Error-Code,X-Linked-Size,X-Linked-ETag,ETag,Link,Accept-Ranges,Content-Range,Retry-After';

export class FakeHub {
  readonly requests: HubRequest[] = [];
  readonly #repos = new Map<string, FakeRepo>();
  readonly #faults = new Map<string, Fault & { left: number }>();
  readonly #done = new Map<string, () => void>();
  readonly #server: Server;
  readonly #cdn: Server;
  readonly #options: FakeHubOptions;

  constructor(options: FakeHubOptions = {}) {
    this.#options = options;
    const serve = (isCdn: boolean) =>
      createServer((request, response) => {
        void this.#answer(request, response, isCdn).catch(() => response.destroy());
      });
    this.#server = serve(false);
    this.#cdn = serve(true);
  }

  /** Its base address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#cdn.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this.endpoint;
  }

  get endpoint(): string {
    return originOf(this.#server);
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    for (const server of [this.#server, this.#cdn]) {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  }

  serve(repo: FakeRepo): void {
    this.#repos.set(repo.name, repo);
  }

  /** `path` is a file of a repository, e.g. `tiny/model.safetensors`. */
  fault(path: string, fault: Fault): void {
    this.#faults.set(path, { ...fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Called once a file of a repository was sent to its end. */
  onceSent(path: string, act: () => void): void {
    this.#done.set(path, act);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, isCdn: boolean): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.endpoint);
    const path = decodeURIComponent(pathname);
    response.on('close', () => {
      if (request.method !== 'OPTIONS')
        this.requests.push({
          method: request.method ?? '',
          path,
          range: request.headers.range ?? null,
          authorization: request.headers.authorization ?? null,
          status: response.statusCode,
        });
    });
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', exposed);
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'authorization, range');
      response.writeHead(204).end();
      return;
    }
    const api = /^\/api\/models\/(.+?)\/(revision|tree)\/(.+)$/.exec(path);
    if (api && this.#options.api !== false) return this.#answerApi(request, response, api[1]!, api[2]!);
    const cdn = isCdn && /^\/cdn\/(.+)\/([^/]+)$/.exec(path);
    if (isCdn && !cdn) return this.#error(response, 404, 'EntryNotFound');
    if (cdn) return this.#sendFile(request, response, this.#repos.get(cdn[1]!)!, cdn[2]!, true);
    const resolve = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const repo = resolve && this.#allowed(request, response, resolve[1]!);
    if (repo === null) return this.#error(response, 404, 'EntryNotFound');
    if (!repo) return;
    return this.#sendFile(request, response, repo, resolve![3]!, false);
  }

  /** The repository; undefined where the answer was given: as the hub does, it tells nobody what there is. */
  #allowed(request: IncomingMessage, response: ServerResponse, name: string): FakeRepo | undefined {
    const repo = this.#repos.get(name);
    const isAllowed =
      repo && (repo.token === undefined || request.headers.authorization === `Bearer ${repo.token}`);
    if (isAllowed) return repo;
    this.#error(response, 401, repo ? 'GatedRepo' : 'RepoNotFound');
    return undefined;
  }

  #error(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { 'x-error-code': code, 'content-type': 'text/plain' }).end(code);
  }

  #answerApi(request: IncomingMessage, response: ServerResponse, name: string, what: string): void {
    const repo = this.#allowed(request, response, name);
    if (!repo) return;
    const body =
      what === 'revision'
        ? { _id: 'fake', id: name, sha: shaOf(repo) ?? undefined, private: false, lastModified: 0 }
        : [...repo.files].map(([path, bytes]) => ({
            type: 'file',
            path,
            size: bytes.byteLength,
            oid: createHash('sha1').update(bytes).digest('hex'),
            ...(isLarge(repo, path)
              ? { lfs: { oid: sha256(bytes), size: bytes.byteLength, pointerSize: 134 } }
              : {}),
          }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async #sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    repo: FakeRepo,
    path: string,
    isCdn: boolean,
  ): Promise<void> {
    const bytes = repo.files.get(path);
    if (!bytes) return this.#error(response, 404, 'EntryNotFound');
    const sha = shaOf(repo);
    if (sha) response.setHeader('x-repo-commit', sha);
    if (isLarge(repo, path) && !isCdn) {
      response.setHeader('x-linked-size', bytes.byteLength);
      response.setHeader('x-linked-etag', `"${sha256(bytes)}"`);
      response.writeHead(302, { location: `${originOf(this.#cdn)}/cdn/${repo.name}/${path}` }).end();
      return;
    }
    const fault = this.#takeFault(`${repo.name}/${path}`, request);
    if (fault?.kind === 'status') {
      if (fault.retryAfter) response.setHeader('retry-after', fault.retryAfter);
      return this.#error(response, fault.status, 'Trouble');
    }
    if (fault?.kind === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in</title>');
      return;
    }
    const range = fault?.kind === 'noRanges' ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const begin = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, bytes.byteLength) : bytes.byteLength;
    if (fault?.kind !== 'noEtag')
      response.setHeader('etag', `"${createHash('md5').update(bytes).digest('hex')}"`);
    if (range && begin >= bytes.byteLength) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` }).end();
      return;
    }
    response.setHeader('content-length', end - begin);
    response.setHeader('content-type', 'application/octet-stream');
    if (range) response.setHeader('content-range', `bytes ${begin}-${end - 1}/${bytes.byteLength}`);
    response.writeHead(range ? 206 : 200);
    response.flushHeaders();
    const part = bytes.slice(begin, end);
    if (fault?.kind === 'damage') part[part.length >> 1]! ^= 1;
    if (fault?.kind === 'cut') {
      await this.#send(response, part.subarray(0, fault.afterBytes));
      response.destroy();
      return;
    }
    await this.#send(response, part);
    if (request.headers.range !== 'bytes=0-0') {
      this.#done.get(`${repo.name}/${path}`)?.();
      this.#done.delete(`${repo.name}/${path}`);
    }
    response.end();
  }

  /** Probes for a file's size meet no faults of its contents. */
  #takeFault(path: string, request: IncomingMessage): Fault | undefined {
    const fault = this.#faults.get(path);
    const isProbe = request.headers.range === 'bytes=0-0' && fault?.kind !== 'status';
    if (!fault || isProbe || fault.left <= 0) return undefined;
    fault.left -= 1;
    return fault;
  }

  async #send(response: ServerResponse, bytes: Uint8Array): Promise<void> {
    const { bytesPerSecond } = this.#options;
    const step = bytesPerSecond ? Math.max(1, Math.ceil(bytesPerSecond / 20)) : 64 * 1024;
    for (let at = 0; at < bytes.byteLength && !response.destroyed; at += step) {
      await new Promise<void>((resolve) => {
        response.write(bytes.subarray(at, at + step), () => resolve());
      });
      if (bytesPerSecond) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const isLarge = ({ large = /\.(safetensors|bin)$/ }: FakeRepo, path: string) => large.test(path);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A commit that follows from the files, as git's does; null where the server names none. */
function shaOf({ files, commit }: FakeRepo): string | null {
  if (commit !== undefined) return commit;
  const hash = createHash('sha1');
  for (const [path, bytes] of files) hash.update(path).update(bytes);
  return hash.digest('hex');
}

/** The files of a folder, by name. */
export function filesOf(folder: string): ReadonlyMap<string, Uint8Array> {
  return new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}
