/** Every ONNX lowering against its op's float64 definition, run by onnxruntime-web's wasm in Node. */
import * as ort from 'onnxruntime-web';
import { expect } from 'vitest';
import type { GraphBuilder } from '../../src/graph/graph';
import { rowCount } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import { makeProgram } from '../../src/graph/program';
import { lowerProgram } from '../../src/lower/onnx/lower';
import { OnnxGraph } from '../../src/lower/onnx/onnx-graph';
import type { OpCase } from './cases';
import { judge, parityTests } from './parity-suite';
import { drawLeaves, layouts, reference, stepOf, withConsistentLse } from './values';

ort.env.wasm.numThreads = 1;

async function run(opCase: OpCase, leaves: readonly Values[]): Promise<Float32Array> {
  const { node, batch } = opCase;
  const step = stepOf(batch);
  const graph = new OnnxGraph();
  const builder = { nodes: [node], leaves: opCase.leaves.map(([leaf]) => leaf) } as unknown as GraphBuilder;
  const program = makeProgram(builder, { out: node });
  const { result, hostInputs } = lowerProgram(graph, program, ({ name, dtype, shape }) =>
    graph.input(name, dtype === 'u32' ? 'i32' : 'f32', [`${name}.rows`, shape.cols]),
  );
  graph.output('out', result(node), 'f32', ['rows', node.shape.cols]);
  const session = await ort.InferenceSession.create(graph.toModel('case', '0').toBytes());
  const feeds: Record<string, ort.Tensor> = {};
  opCase.leaves.forEach(([leaf], i) => {
    const dims = [rowCount(leaf.shape.rows, step), leaf.shape.cols];
    const values = leaves[i]!;
    feeds[leaf.name] =
      values instanceof Uint32Array
        ? new ort.Tensor('int32', Int32Array.from(values), dims)
        : new ort.Tensor('float32', Float32Array.from(values), dims);
  });
  const { layout } = layouts(batch);
  if (!feeds.layout) feeds.layout = new ort.Tensor('int32', Int32Array.from(layout), [step.sequences, 4]);
  for (const input of hostInputs)
    feeds[input.name] = new ort.Tensor('float32', input.compute(step, layout), input.dims(step, layout));
  const needed = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!]));
  try {
    const { out } = await session.run(needed);
    expect(out!.dims).toEqual([rowCount(node.shape.rows, step), node.shape.cols]);
    return out!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/**
 * onnxruntime's Sigmoid is a rational approximation that errs by some 2⁻²² where float32 rounds to 2⁻²⁵; the slope of the
 * exponent, up to 5, multiplies it: 1.4e-6 was seen.
 */
const roughness = ({ node }: OpCase) =>
  node.op.name === 'activationGrad' && node.attributes.kind === 'gelu_new' ? 2 : 1;

async function checkCase(opCase: OpCase, seed = 1, factor = 1): Promise<void> {
  const leaves = withConsistentLse(opCase, drawLeaves(opCase, seed));
  const expected = reference(opCase, leaves);
  judge(opCase, 'onnx', await run(opCase, leaves), expected, factor * roughness(opCase));
}

parityTests(checkCase);
