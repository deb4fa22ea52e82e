/**
 * Who may import whom. A layer is a folder below `src` (or `workers`); what is not listed is forbidden. The design and
 * its reasons are in docs/ARCHITECTURE.md.
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
  'src/adapters': ['src/graph', 'src/ops', 'src/models'],
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
  'src/storage': ['src/formats', 'src/protocol', 'src/runs', 'src/policy.ts'],
  'src/train': [
    'src/data',
    'src/models',
    'src/heads',
    'src/adapters',
    'src/graph',
    'src/ops',
    'src/runtime/executor.ts',
    'src/protocol',
    'src/runs',
  ],
  'src/host': [
    'src/data',
    'src/models',
    'src/heads',
    'src/adapters',
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
    'src/storage',
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

/** Every layer may use the errors, the kinds of tasks, the trace, the next task, and itself. */
const common = ['src/errors.ts', 'src/task.ts', 'src/trace.ts', 'src/next-task.ts'];

export interface ImportEdge {
  /** Path from the repository's root, forward slashes. */
  readonly file: string;
  /** Relative specifier as written. */
  readonly specifier: string;
}

/** Relative imports of a source text, those with a query and type-only ones too; an address relative to a running worker is none. */
export function relativeImports(file: string, source: string): readonly ImportEdge[] {
  const pattern = /(?:\bfrom|\bimport|new URL\()\s*\(?\s*'(\.[^']+)'(?!, self\.location)/g;
  return [...source.matchAll(pattern)].map((match) => ({ file, specifier: match[1]! }));
}

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
  const isAllowed = allowed.some((layer) => to === layer || to.startsWith(`${layer}/`));
  return isAllowed ? null : `${file} imports ${specifier}: ${from} may not import ${to}`;
}
