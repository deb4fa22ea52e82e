/** Every ONNX lowering against its op's float64 definition, run by onnxruntime-web's wasm in Node. */
import * as module from 'onnxruntime-web';
import { describe, it } from 'vitest';
import { ortOf } from '../../src/runtime/onnx/ort';
import { attentionCases, type OpCase, padded, ragged } from './cases';
import { judge, parityTests } from './parity-suite';
import { runOnOnnx } from './run-onnx';
import { drawLeaves, reference, withConsistentLse } from './values';

const ort = ortOf(module, 1);

/**
 * onnxruntime's Sigmoid is a rational approximation that errs by some 2⁻²² where float32 rounds to 2⁻²⁵; the slope of the
 * exponent, up to 5, multiplies it: 1.4e-6 was seen.
 */
const roughness = ({ node }: OpCase) =>
  node.op.name === 'activationGrad' && node.attributes.kind === 'gelu_new' ? 2 : 1;

async function checkCase(opCase: OpCase, seed = 1, factor = 1): Promise<void> {
  const leaves = withConsistentLse(opCase, drawLeaves(opCase, seed));
  const expected = reference(opCase, leaves);
  judge(opCase, 'onnx', await runOnOnnx(ort, opCase, leaves), expected, factor * roughness(opCase));
}

parityTests(checkCase);

// The cases of all executors have no more sequences than attention has grids here.
describe('attention on grids of several sequences', () => {
  const batches = [ragged(5, 2, 9, 2, 7, 1, 6, 3), ragged(4, 4, 4, 4, 4, 4), padded(8, 3, 8, 1, 5, 2, 8)];
  const cases = batches.flatMap((batch) =>
    [0, 3].flatMap((prefix) => attentionCases(batch, 2, 12, 0.1, 1, prefix)),
  );
  it.each(cases.map((opCase) => [opCase.name, opCase] as const))('%s', (_, opCase) => checkCase(opCase));
});
