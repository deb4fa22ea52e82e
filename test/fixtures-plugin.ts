/**
 * Serves files to tests that run in a browser: the reference fixtures and the embedded models under `/@fixtures/`, what
 * scripts made in `.cache` under `/@generated/`. `?list` lists the files of a folder; a single byte range is answered.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { filesUnder, fixturesFolder } from './fixtures-folder.ts';

export function fixtures(): Plugin {
  return {
    name: 'adapter-studio-fixtures',
    configureServer(server) {
      server.middlewares.use('/@fixtures/', serve(fixturesFolder()));
      server.middlewares.use('/@generated/', serve(fileURLToPath(new URL('../.cache', import.meta.url))));
    },
  };
}

function serve(folder: string) {
  const root = resolve(folder);
  return (request: IncomingMessage, response: ServerResponse) => {
    const [path = '', query] = (request.url ?? '').split('?');
    const file = normalize(join(root, decodeURIComponent(path)));
    if (query === 'list' && file.startsWith(root) && existsSync(file)) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(filesUnder(file)));
      return;
    }
    if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) {
      response.statusCode = 404;
      response.end('no such fixture');
      return;
    }
    const { size } = statSync(file);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), Math.min(Number(range[2]), size - 1)] : [0, size - 1];
    if (range) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${start}-${end}/${size}`);
    }
    response.setHeader('content-length', end - start + 1);
    if (request.method === 'HEAD') response.end();
    else createReadStream(file, { start, end }).pipe(response);
  };
}
