/** Runs one node on ONNX Runtime as the executor lowers it. */
import { expect } from 'vitest';
import { type GraphBuilder, rowCount } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import { makeProgram } from '../../src/graph/program';
import { lowerProgram } from '../../src/lower/onnx/lower';
import { OnnxGraph } from '../../src/lower/onnx/onnx-graph';
import type { Ort } from '../../src/runtime/onnx/ort';
import type { OpCase } from './cases';
import { layouts, stepOf } from './values';

export async function runOnOnnx(
  { Tensor, createSession }: Ort,
  opCase: OpCase,
  leaves: readonly Values[],
): Promise<Float32Array> {
  const { node, batch } = opCase;
  const step = stepOf(batch);
  const graph = new OnnxGraph();
  const builder = { nodes: [node], leaves: opCase.leaves.map(([leaf]) => leaf) } as unknown as GraphBuilder;
  const program = makeProgram(builder, { out: node });
  const { result, hostInputs } = lowerProgram(graph, program, ({ name, dtype, shape }) =>
    graph.input(name, dtype === 'u32' ? 'i32' : 'f32', [`${name}.rows`, shape.cols]),
  );
  graph.output('out', result(node), 'f32', ['rows', node.shape.cols]);
  const session = await createSession(graph.toModel('case', '0').toBytes());
  const feeds: Record<string, InstanceType<typeof Tensor>> = {};
  opCase.leaves.forEach(([leaf], i) => {
    const dims = [rowCount(leaf.shape.rows, step), leaf.shape.cols];
    const values = leaves[i]!;
    feeds[leaf.name] =
      values instanceof Uint32Array
        ? new Tensor('int32', Int32Array.from(values), dims)
        : new Tensor('float32', Float32Array.from(values), dims);
  });
  const { layout } = layouts(batch);
  if (!feeds.layout) feeds.layout = new Tensor('int32', Int32Array.from(layout), [step.sequences, 4]);
  for (const input of hostInputs) {
    const values = input.compute(step, layout);
    const dims = input.dims(step, layout);
    feeds[input.name] =
      values instanceof Uint32Array
        ? new Tensor('int32', Int32Array.from(values), dims)
        : new Tensor('float32', values, dims);
  }
  const needed = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!]));
  try {
    const { out } = await session.run(needed);
    expect(out!.dims).toEqual([rowCount(node.shape.rows, step), node.shape.cols]);
    return out!.data as Float32Array;
  } finally {
    await session.release();
  }
}
