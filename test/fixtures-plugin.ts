/**
 * Serves files to tests that run in a browser: the reference fixtures and the embedded models under `/@fixtures/`, what
 * scripts made in `.cache` under `/@generated/`. `?list` lists the files of a folder; a single byte range is answered.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { filesUnder, fixturePath } from './fixtures-folder.ts';

export function fixtures(): Plugin {
  return {
    name: 'adapter-studio-fixtures',
    configureServer(server) {
      const generated = fileURLToPath(new URL('../.cache', import.meta.url));
      server.middlewares.use('/@fixtures/', serve(fixturePath));
      server.middlewares.use(
        '/@generated/',
        serve((path) => join(generated, path)),
      );
    },
  };
}

function serve(fileAt: (path: string) => string) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const [address = '', query] = (request.url ?? '').split('?');
    const path = normalize(decodeURIComponent(address)).replace(/^\/+/, '');
    const file = fileAt(path);
    const isInside = !path.startsWith('..') && existsSync(file);
    if (query === 'list' && isInside) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(filesUnder(file)));
      return;
    }
    if (!isInside || !statSync(file).isFile()) {
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
