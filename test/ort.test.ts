/** ONNX Runtime's WebAssembly in Node, where tests of the ONNX executor run fastest. */
import * as module from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { ortOf } from '../src/runtime/onnx/ort';
import { multiplyOnes, onesMultiplied, productModel } from './onnx-product';

it('multiplies in Node, and says which runtime it is', async () => {
  expect(await multiplyOnes(ortOf(module, 2), productModel)).toEqual({ ...onesMultiplied, threads: 2 });
});

it('refuses bytes that are no model with the words of ONNX Runtime', async () => {
  await expect(ortOf(module, 2).createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow('protobuf parsing');
});
