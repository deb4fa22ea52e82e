/**
 * Vite plugin: `licences.json`, the licences of what the build holds: the studio, its base models and data sets, and every
 * package of which a module is in the page's or a worker's bundle, with the text that it ships. (Vite's own `build.license`
 * does not look into workers.)
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import type { Licence } from '../src/app/licences';

/** Packages that others have in their own bundle, where no module tells of them. */
const bundledIn: Readonly<Record<string, readonly string[]>> = {
  '@xenova/transformers': ['@huggingface/jinja', '@huggingface/tokenizers'],
};

/** Texts for packages that ship none, from their repositories or from their packages for other languages. */
const textsOfOurs = fileURLToPath(new URL('licences', import.meta.url));

/**
 * Packages that hold work of others which their npm package does not tell of. Its notices are kept for the very version
 * (onnxruntime's: `ThirdPartyNotices.txt` of PyPI's wheel), so that a newer one is not built with those of an older.
 */
const withNotices: readonly string[] = ['onnxruntime-web'];

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** One plugin for the page's bundle, which writes the file, and one for each worker's, which comes before. */
export function licences(): { readonly page: Plugin; readonly worker: () => Plugin } {
  const folders = new Set<string>();
  let root = '';
  const collect = (bundle: Readonly<Record<string, object>>) => {
    for (const chunk of Object.values(bundle))
      for (const id of 'moduleIds' in chunk ? (chunk.moduleIds as readonly string[]) : []) {
        const folder = packageFolder(id);
        if (!folder) continue;
        folders.add(folder);
        const [modules, name] = folder.split(/(?<=\/node_modules)\/(?!.*\/node_modules\/)/) as [
          string,
          string,
        ];
        for (const other of bundledIn[name] ?? []) folders.add(join(modules, other));
      }
  };
  return {
    worker: () => ({
      name: 'adapter-studio-licences-of-worker',
      generateBundle: (_, bundle) => collect(bundle),
    }),
    page: {
      name: 'adapter-studio-licences',
      apply: 'build',
      configResolved(config) {
        root = config.root;
      },
      generateBundle(_, bundle) {
        collect(bundle);
        const packages = [...folders].map((folder): Licence => ({ kind: 'package', ...readPackage(folder) }));
        packages.sort((a, b) => (a.name < b.name ? -1 : 1));
        const all = [...ownLicences(root), ...packages];
        const unclear = all.filter(({ licence, text }) => !licence && !text);
        if (unclear.length > 0)
          this.error(`No licence is known of ${unclear.map(({ name }) => name).join(', ')}`);
        this.emitFile({
          type: 'asset',
          fileName: 'licences.json',
          source: `${JSON.stringify(all, null, 1)}\n`,
        });
      },
    },
  };
}

/** The folder of the package that a module is of; null for our own and for the bundler's. */
function packageFolder(moduleId: string): string | null {
  const path = moduleId.replace(/^\0+/, '').split('?')[0]!.replaceAll('\\', '/');
  if (!path.includes('/node_modules/')) return null;
  // Folders inside of packages may have a package.json that only says "type".
  for (let folder = dirname(path); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as PackageJson).version) return folder;
  }
  return null;
}

/** Throws where a package's notices are not those of its version. */
export function readPackage(folder: string): Omit<Licence, 'kind'> {
  const {
    name = '',
    version = '',
    license = '',
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  const shipped = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const file = shipped ? join(folder, shipped) : join(textsOfOurs, `${name}.txt`);
  return {
    name,
    version,
    licence: license,
    text: [...(existsSync(file) ? [file] : []), ...noticesOf(name, version)]
      .map((path) => readFileSync(path, 'utf8').trim())
      .join('\n\n'),
  };
}

function noticesOf(name: string, version: string): readonly string[] {
  if (!withNotices.includes(name)) return [];
  const file = join(textsOfOurs, `${name}-${version}.notices.txt`);
  if (!existsSync(file))
    throw new Error(`${file} is missing: the notices that ${name} ${version} comes with`);
  return [file];
}

/** The studio's own, and of what lies in `public/`: each model's folder has its LICENSE, the data sets one list of sources. */
function ownLicences(root: string): readonly Licence[] {
  const models = join(root, 'public/models');
  return [
    { kind: 'studio', ...readPackage(root), name: 'Adapter Studio' },
    ...readdirSync(models).map((name): Licence => {
      const text = readFileSync(join(models, name, 'LICENSE'), 'utf8').trim();
      return { kind: 'model', name, version: '', licence: 'Apache-2.0', text };
    }),
    {
      kind: 'data',
      name: 'Rotten Tomatoes, Customer reviews, TREC',
      version: '',
      licence: 'of their authors',
      text: readFileSync(join(root, 'public/datasets/README.md'), 'utf8').trim(),
    },
  ];
}
