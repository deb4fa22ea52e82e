/** Every ONNX lowering against its op's float64 definition, run by onnxruntime-web's wasm in Node. */
import * as module from 'onnxruntime-web';
import { ortOf } from '../../src/runtime/onnx/ort';
import type { OpCase } from './cases';
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
