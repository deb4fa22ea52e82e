/**
 * No op goes without a lowering for each executor, a case of parity and, where it has a backward, one of gradcheck. The ops are
 * what the modules below `src/ops` export, so a new one is asked for all of it by being there.
 */
import { expect, it } from 'vitest';
import type { Op } from '../../src/graph/op';
import { onnxLowerings } from '../../src/lower/onnx/registry';
import { webgpuLowerings } from '../../src/lower/webgpu/registry';
import { gradientCases } from './gradient-cases';
import { parityCases } from './parity-suite';

const modules = import.meta.glob<Readonly<Record<string, unknown>>>(
  ['../../src/ops/**/*.ts', '!**/*.test.ts'],
  { eager: true },
);
const sources = import.meta.glob<string>(['../../src/ops/**/*.ts', '!**/*.test.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
});

function isOp(value: unknown): value is Op {
  return typeof value === 'object' && value !== null && 'infer' in value && 'reference' in value;
}

const ops = Object.values(modules).flatMap((module) => Object.values(module).filter(isOp));
const names = ops.map(({ name }) => name);

/** Sorted, since the order of files says nothing. */
const missing = (of: readonly string[], among: readonly string[]) =>
  of.filter((name) => !among.includes(name)).sort();

it('sees every op that the sources define, each by a name of its own', () => {
  const defined = Object.values(sources).flatMap(
    (source) => source.match(/^(export )?const \w+: Op = /gm) ?? [],
  );
  expect(ops.length).toBe(defined.length);
  expect(ops.length).toBeGreaterThan(50);
  expect(new Set(names).size).toBe(names.length);
});

it.each([
  ['WebGPU', webgpuLowerings],
  ['ONNX', onnxLowerings],
])('%s computes every op, and nothing else', (_, lowerings) => {
  expect(missing(names, Object.keys(lowerings))).toEqual([]);
  expect(missing(Object.keys(lowerings), names)).toEqual([]);
});

it('every op has a case of parity', () => {
  expect(
    missing(
      names,
      parityCases.map(({ node }) => node.op.name),
    ),
  ).toEqual([]);
});

it('every backward has a case of gradcheck', () => {
  const withBackward = ops.filter(({ backward }) => backward).map(({ name }) => name);
  const differentiated = gradientCases.flatMap(({ graph }) => graph.nodes.map(({ op }) => op.name));
  expect(missing(withBackward, differentiated)).toEqual([]);
});
