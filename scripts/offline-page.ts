/** Vite plugin: `offline.js`, the service worker of `workers/offline.ts` with the list of what the build wrote. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const source = fileURLToPath(new URL('../workers/offline.ts', import.meta.url));

/** ONNX Runtime's 14 MB, and what runs exported models: kept when a page has first used it. */
const isKeptWhenUsed = (file: string) => file.endsWith('.wasm') || file.includes('classifier.worker');

/** Public files that the page needs at once; base models are kept when they are used. */
const publicFolders = ['datasets', '.'];

export function offlinePage(): Plugin {
  let publicDir = '';
  return {
    name: 'adapter-studio-offline-page',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        const hash = createHash('sha256');
        const all = Object.values(bundle);
        for (const item of all) hash.update(item.type === 'chunk' ? item.code : item.source);
        // Kept under the page's address, but as much a part of the version.
        const built = all.filter(({ fileName }) => fileName !== 'index.html');
        const copied = publicFiles(publicDir);
        for (const file of copied) hash.update(readFileSync(join(publicDir, file)));
        const names = [...built.map(({ fileName }) => fileName), ...copied].sort();
        const lists = {
          files: names.filter((name) => !isKeptWhenUsed(name)),
          filesWhenUsed: names.filter(isKeptWhenUsed),
        };
        const code = await bundled();
        const version = hash.update(code).digest('hex').slice(0, 16);
        const constants = Object.entries({ ...lists, version }).map(
          ([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`,
        );
        this.emitFile({ type: 'asset', fileName: 'offline.js', source: constants.join('') + code });
      },
    },
  };
}

/** The worker with what it imports, as one script that is no module. */
async function bundled(): Promise<string> {
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      rolldownOptions: { input: source, output: { format: 'iife' } },
    },
  });
  if (!('output' in result)) throw new Error(`${source} was asked for alone`);
  return result.output[0].code;
}

function publicFiles(publicDir: string): readonly string[] {
  return publicFolders.flatMap((folder) =>
    readdirSync(join(publicDir, folder), { recursive: folder !== '.', withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.md$|LICENSE/.test(entry.name))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(publicDir.length + 1)
          .replaceAll('\\', '/'),
      ),
  );
}
