/**
 * Who may import whom. A layer is a folder below `src` (or `workers`), or a file; what is not listed is forbidden, and so is a layer
 * within a listed one. The design and its reasons are in docs/ARCHITECTURE.md.
 */

const allowedImports: Readonly<Record<string, readonly string[]>> = {
  'src/errors.ts': [],
  'src/task.ts': [],
  'src/trace.ts': [],
  'src/next-task.ts': [],
  'src/policy.ts': [],
  'src/trusted-scripts.ts': [],
  'src/optimizer': [],
  // Neither knows an executor: how an op is computed is a lowering's matter (docs/adr/0006).
  'src/graph': [],
  'src/ops': ['src/graph'],
  'src/lower/webgpu': ['src/graph', 'src/ops', 'src/optimizer'],
  'src/lower/onnx': ['src/graph', 'src/ops', 'src/optimizer'],
  'src/models': ['src/graph', 'src/ops'],
  'src/heads': ['src/graph', 'src/ops', 'src/models'],
  // What builds a method's graph, apart from what a method is: that is plain data, which page and records know.
  'src/adapters/builders': ['src/adapters', 'src/graph', 'src/ops', 'src/models'],
  'src/adapters': [],
  'src/data/csv/writer.ts': [],
  'src/data': [],
  'src/runtime/executor.ts': ['src/graph', 'src/optimizer'],
  'src/runtime/held-tensors.ts': ['src/graph', 'src/runtime/executor.ts'],
  'src/runtime/memory-plan.ts': ['src/graph', 'src/lower/webgpu', 'src/runtime/executor.ts'],
  'src/runtime/heap-plan.ts': ['src/graph', 'src/runtime/executor.ts', 'src/runtime/memory-plan.ts'],
  'src/runtime/reference': [
    'src/graph',
    'src/optimizer',
    'src/runtime/executor.ts',
    'src/runtime/held-tensors.ts',
  ],
  'src/runtime/onnx': [
    'src/graph',
    'src/optimizer',
    'src/lower/onnx',
    'src/runtime/executor.ts',
    'src/runtime/heap-plan.ts',
    'src/runtime/held-tensors.ts',
  ],
  'src/runtime/webgpu': [
    'src/graph',
    'src/lower/webgpu',
    'src/runtime/executor.ts',
    'src/runtime/held-tensors.ts',
    'src/runtime/memory-plan.ts',
  ],
  'src/formats': ['src/graph', 'src/lower/onnx', 'src/adapters', 'src/models', 'src/heads'],
  // What a run is; who makes, keeps or shows one imports it.
  'src/runs': ['src/adapters'],
  // A run as a script of Python's library: text out of plain data.
  'src/python': ['src/adapters', 'src/formats', 'src/models', 'src/runs'],
  'src/protocol': ['src/adapters', 'src/data', 'src/formats', 'src/runs'],
  'src/storage/persistence.ts': [],
  'src/storage': ['src/storage/persistence.ts', 'src/formats', 'src/protocol', 'src/runs', 'src/policy.ts'],
  'src/train': [
    'src/data',
    'src/models',
    'src/heads',
    'src/adapters',
    'src/adapters/builders',
    'src/graph',
    'src/ops',
    'src/runtime/executor.ts',
    'src/protocol',
    'src/runs',
  ],
  'src/host': [
    'src/data',
    'src/data/csv/writer.ts',
    'src/models',
    'src/heads',
    'src/adapters',
    'src/adapters/builders',
    'src/graph',
    'src/ops',
    'src/runtime/executor.ts',
    'src/runtime/heap-plan.ts',
    'src/runtime/memory-plan.ts',
    'src/formats',
    'src/protocol',
    'src/runs',
    'src/storage',
    'src/train',
    'src/policy.ts',
  ],
  'src/app': [
    'src/data/csv/writer.ts',
    'src/protocol',
    'src/python',
    'src/runs',
    'src/storage/persistence.ts',
    'src/adapters',
    'src/trusted-scripts.ts',
    'workers',
  ],
  workers: [
    'src/host',
    'src/protocol',
    'src/runs',
    'src/runtime',
    'src/storage',
    'src/policy.ts',
    'src/trusted-scripts.ts',
  ],
};

/**
 * What computes. It stays in the workers: nothing that the page loads may lead there by imports of more than a type, over however
 * many layers. `page-chunks.test.ts` searches the build for it.
 */
const engine: readonly string[] = [
  'src/adapters/builders',
  'src/graph',
  'src/heads/classification.ts',
  'src/host',
  'src/lower',
  'src/models/encoder.ts',
  'src/ops',
  'src/optimizer',
  'src/runtime',
  'src/train',
];

/** Every layer may use the errors, the kinds of tasks, the trace, the next task, and itself. */
const common = ['src/errors.ts', 'src/task.ts', 'src/trace.ts', 'src/next-task.ts'];

export interface ImportEdge {
  /** Path from the repository's root, forward slashes. */
  readonly file: string;
  /** Relative specifier as written. */
  readonly specifier: string;
  /** Of types alone, or of a worker's address: no code comes with it. */
  readonly isOfNoCode: boolean;
}

/** Relative imports of a source text, those with a query and type-only ones too; an address relative to a running worker is none. */
export function relativeImports(file: string, source: string): readonly ImportEdge[] {
  const pattern =
    /(?:\b(?:import|export) (type )?(?:[\w*{][^;'"]*?\s)?from|\bimport|new URL\()\s*\(?\s*'(\.[^']+)'(?!, self\.location)/g;
  return [...source.matchAll(pattern)].map(([, type, specifier]) => ({
    file,
    specifier: specifier!,
    isOfNoCode: type !== undefined || /\?(worker|raw|url)/.test(specifier!),
  }));
}

const withoutEnding = (path: string) => path.replace(/\.tsx?$/, '');

/** Every file whose code comes with that of `files`, without its ending, by who brings it; `edges` are all there are. */
export function loadedBy(
  files: readonly string[],
  edges: readonly ImportEdge[],
): ReadonlyMap<string, string | null> {
  const targets = new Map<string, string[]>();
  for (const { file, specifier, isOfNoCode } of edges) {
    const by = withoutEnding(file);
    if (isOfNoCode) continue;
    targets.set(by, [...(targets.get(by) ?? []), withoutEnding(resolve(file, specifier))]);
  }
  const loaded = new Map<string, string | null>(files.map((file) => [withoutEnding(file), null]));
  for (const [by] of loaded)
    for (const target of targets.get(by) ?? []) if (!loaded.has(target)) loaded.set(target, by);
  return loaded;
}

/** Whether a path, with or without its ending, is of what computes. */
export const isOfEngine = (path: string): boolean =>
  engine.some((part) => withoutEnding(path) === withoutEnding(part) || path.startsWith(`${part}/`));

function layerOf(path: string): string | undefined {
  return Object.keys(allowedImports).find(
    (layer) => path === layer || path.startsWith(`${layer}/`) || `${path}.ts` === layer,
  );
}

function resolve(file: string, specifier: string): string {
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.replace(/\?.*$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** What is wrong with an import, or null. */
export function violation({ file, specifier }: ImportEdge): string | null {
  const from = layerOf(file);
  const target = resolve(file, specifier);
  const to = layerOf(target);
  if (!from) return `${file} belongs to no layer of scripts/layers.ts`;
  if (!to) return `${file} imports ${specifier}, which belongs to no layer`;
  const allowed = [from, ...common, ...allowedImports[from]!];
  const isAllowed = allowed.some(
    (layer) => to === layer || (to.startsWith(`${layer}/`) && !(layer in allowedImports)),
  );
  return isAllowed ? null : `${file} imports ${specifier}: ${from} may not import ${to}`;
}
