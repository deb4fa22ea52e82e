/** The page's own chunks, those that load later too, are without what computes: that is the workers'. How large they may be: `first-page.ts`. */
import react from '@vitejs/plugin-react';
import { build, type Plugin } from 'vite';
import { expect, it, vi } from 'vitest';
import { isOfEngine } from './layers';

interface Chunk {
  readonly fileName: string;
  readonly moduleIds: readonly string[];
  readonly code: string;
}

const root = process.cwd().replaceAll('\\', '/');

/** A worker is a bundle of its own and none of the page's chunks. */
const withoutWorkers: Plugin = {
  name: 'without-workers',
  enforce: 'pre',
  resolveId: (id) => (id.includes('?worker') ? '\0worker' : null),
  load: (id) => (id === '\0worker' ? "export default 'worker.js'" : null),
};

// The page as people get it, not as one develops with it.
vi.stubEnv('NODE_ENV', 'production');

async function chunksOf(plugins: readonly Plugin[], input: string): Promise<readonly Chunk[]> {
  const result = await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [react(), withoutWorkers, ...plugins],
    define: { 'import.meta.env.STUDIO_VERSION': '"0"' },
    build: { write: false, target: 'es2022', rolldownOptions: { input } },
  });
  if (!('output' in result)) throw new Error('one build was asked for');
  return result.output.filter((item) => item.type === 'chunk');
}

/** What computes in the chunks: the modules, and by its text what no module tells of. */
const engineIn = (chunks: readonly Chunk[]): readonly string[] =>
  chunks.flatMap(({ fileName, moduleIds, code }) => [
    ...moduleIds.map((id) => id.replaceAll('\\', '/').replace(`${root}/`, '')).filter(isOfEngine),
    ...['@compute', '@workgroup_size', 'var<storage'].flatMap((wgsl) =>
      code.includes(wgsl) ? [`${wgsl} in ${fileName}`] : [],
    ),
  ]);

const chunks = await chunksOf([], 'index.html');

it("the page's chunks hold no op, no builder and no shader, those that load later neither", () => {
  expect(chunks.length).toBeGreaterThan(1);
  expect(engineIn(chunks)).toEqual([]);
});

it.each([
  ['an op', "import { add } from '/src/ops/add/add'; console.log(add);", 'src/ops/add/add.ts'],
  [
    'a shader that a later chunk brings',
    "void import('/src/lower/webgpu/add/add.kernels').then(console.log);",
    expect.stringMatching(/^@compute in /),
  ],
])('would be found: %s', async (_, text, found) => {
  const page: Plugin = {
    name: 'a-page',
    enforce: 'pre',
    resolveId: (id) => (id === 'a-page.ts' ? '\0a-page.ts' : null),
    load: (id) => (id === '\0a-page.ts' ? text : null),
  };
  expect(engineIn(await chunksOf([page], 'a-page.ts'))).toContainEqual(found);
});
