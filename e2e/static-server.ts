/**
 * A plain static server for tests, as many hosts are: files and their types, nothing else. It sets no policy, no isolation and
 * no cache headers, and knows no page but those that are there.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

export interface StaticSite {
  /** Address of the folder's index, with a slash at its end. */
  readonly url: string;
  /** `METHOD path` of every request, in their order. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export interface StaticOptions {
  /** Folder that is served. */
  readonly root: string;
  /** Path that the folder stands under, with slashes at both ends; the root of the host where it is left out. */
  readonly prefix?: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.csv': 'text/csv',
  '.wasm': 'application/wasm',
};

/**
 * Listens on a free port of localhost, a secure context to browsers. Of several folders, the first that has a file gives it,
 * and `url` is the first one's.
 */
export async function serveStatic(
  ...folders: readonly [StaticOptions, ...StaticOptions[]]
): Promise<StaticSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(`${request.method} ${path}`);
    answer(request, response, findFile(folders, path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}${folders[0].prefix ?? '/'}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function findFile(folders: readonly StaticOptions[], path: string): string | null {
  const below = normalize(path.endsWith('/') ? `${path}index.html` : path);
  for (const { root, prefix = '/' } of folders) {
    const file = join(root, below.slice(prefix.length));
    if (below.startsWith(prefix) && statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  }
  return null;
}

function answer(request: IncomingMessage, response: ServerResponse, file: string | null): void {
  if (!file) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    return;
  }
  const { size } = statSync(file);
  const type = types[extname(file)] ?? 'application/octet-stream';
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const begin = range ? Number(range[1]) : 0;
  const last = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.writeHead(range ? 206 : 200, {
    'content-type': type,
    'content-length': last - begin + 1,
    ...(range ? { 'content-range': `bytes ${begin}-${last}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || size === 0) response.end();
  else createReadStream(file, { start: begin, end: last }).pipe(response);
}
