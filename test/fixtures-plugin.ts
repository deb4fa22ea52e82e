/** Serves the reference fixtures and the embedded models to tests that run in a browser, under `/@fixtures/`. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { fixturesFolder } from './fixtures-folder.ts';

export function fixtures(): Plugin {
  return {
    name: 'adapter-studio-fixtures',
    configureServer(server) {
      server.middlewares.use('/@fixtures/', (request, response) => {
        const root = resolve(fixturesFolder());
        const file = normalize(join(root, decodeURIComponent((request.url ?? '').split('?')[0] ?? '')));
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
