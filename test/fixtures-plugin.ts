/** Serves the reference fixtures to tests that run in a browser, under `/@fixtures/`; `?list` lists the files of a folder. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { normalize } from 'node:path';
import type { Plugin } from 'vite';
import { filesUnder, fixturePath } from './fixtures-folder.ts';

export function fixtures(): Plugin {
  return {
    name: 'adapter-studio-fixtures',
    configureServer(server) {
      server.middlewares.use('/@fixtures/', (request, response) => {
        const [address = '', query] = (request.url ?? '').split('?');
        const path = normalize(decodeURIComponent(address)).replace(/^\/+/, '');
        const file = fixturePath(path);
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
        response.setHeader('content-length', statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
  };
}
