/** Serves the reference fixtures to tests that run in a browser, under `/@fixtures/`; `?list` lists the files of a folder. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { filesUnder, fixturesFolder } from './fixtures-folder.ts';

export function fixtures(): Plugin {
  return {
    name: 'adapter-studio-fixtures',
    configureServer(server) {
      server.middlewares.use('/@fixtures/', (request, response) => {
        const root = resolve(fixturesFolder());
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
        response.setHeader('content-length', statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
  };
}
