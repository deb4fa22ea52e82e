import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isOfEngine, loadedBy, relativeImports, violation } from './layers';

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path));
}

const files = [...sources('src'), ...sources('workers')];
const edges = files.flatMap((file) => relativeImports(file, readFileSync(file, 'utf8')));

it('sees the modules and their imports', () => {
  expect(files.length).toBeGreaterThan(60);
  expect(edges.length).toBeGreaterThan(200);
});

it('keeps every import inside its layer', () => {
  expect(edges.map(violation).filter(Boolean)).toEqual([]);
});

it.each([
  ['src/graph/graph.ts', "import { gemm } from '../ops/gemm/gemm';"],
  ['src/app/main.tsx', "import type { Session } from '../runtime/executor';"],
  ['src/data/csv/table.ts', "const a = await import('../../train/trainer');"],
  ['src/ops/add/add.ts', "export * from '../../runtime/webgpu/device';"],
  ['src/ops/add/add.ts', "import { addKernels } from '../../lower/webgpu/add/add.kernels';"],
  ['src/runtime/executor.ts', "import type { KernelVariant } from '../lower/webgpu/kernel';"],
  ['src/runtime/webgpu/session.ts', "import { gemm } from '../../ops/gemm/gemm';"],
  ['src/runtime/webgpu/session.ts', "import { loweringOf } from '../../lower/onnx/registry';"],
  ['src/app/store/form.ts', "import { lowRankParts } from '../../adapters/builders/low-rank';"],
  ['src/runs/settings.ts', "import type { AdapterParts } from '../adapters/builders/parts';"],
  ['src/protocol/types.ts', "import type { Node } from '../graph/graph';"],
  ['src/adapters/methods/lora.ts', "import { partsOfConfig } from '../builders/parts-of-config';"],
  ['src/app/store/studio.ts', "import { StudioStore } from '../../storage/store';"],
])('notices a wrong import in %s', (file, source) => {
  const [edge] = relativeImports(file, source);
  expect(violation(edge!)).toContain('may not import');
});

it('leads from the page to nothing that computes', () => {
  const page = files.filter((file) => /^src\/(app|protocol|runs|python)\//.test(file));
  const loaded = loadedBy(page, edges);
  expect(loaded.size).toBeGreaterThan(page.length + 10);
  expect([...loaded].filter(([file]) => isOfEngine(file)).map((pair) => pair.join(' by '))).toEqual([]);
});

it('follows imports of code over several files, and no type', () => {
  const texts = {
    'src/app/a.ts': "import { b } from '../formats/b';\nimport type { T } from '../ops/t/t';",
    'src/formats/b.ts': "import {\n  type C,\n  c,\n} from '../models/encoder';",
    'src/models/encoder.ts': "export * from '../ops/add/add';",
  };
  const all = Object.entries(texts).flatMap(([file, text]) => relativeImports(file, text));
  const loaded = [...loadedBy(['src/app/a.ts'], all).keys()];
  expect(loaded.filter(isOfEngine)).toEqual(['src/models/encoder', 'src/ops/add/add']);
});

it('keeps React in the page and DOM globals out of the engine', () => {
  const engine = files.filter((file) => !file.startsWith('src/app/'));
  const withReact = engine.filter((file) => /from 'react/.test(readFileSync(file, 'utf8')));
  const withDom = engine.filter((file) =>
    /\b(document|window)\./.test(readFileSync(file, 'utf8').replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')),
  );
  expect({ withReact, withDom }).toEqual({ withReact: [], withDom: [] });
});
