/** A model that any runtime of ONNX can be tried with, and how to run it. */
import type { Ort } from '../src/runtime/onnx/ort';

/** a [m, k] · b [k, n] -> c, and the sum s of c; opset 18, by Python's `onnx.helper`, checked by `onnx.checker`. */
export const productModel =
  'CAgSADqMAQoRCgFhCgFiEgFjIgZNYXRNdWwKIgoBYxIBcyIJUmVkdWNlU3VtKg8KCGtlZXBkaW1zGACgAQISAWdaFQoBYRIQCg4IARIKCgMSAW0K' +
  'AxIBa1oVCgFiEhAKDggBEgoKAxIBawoDEgFuYhUKAWMSEAoOCAESCgoDEgFtCgMSAW5iCwoBcxIGCgQIARIAQgQKABAS';

/** What the product of two matrices of ones [512, 512] comes to, and what a record would say of the runtime. */
export async function multiplyOnes({ createSession, Tensor, ...report }: Ort, model: string) {
  const session = await createSession(Uint8Array.from(atob(model), (byte) => byte.charCodeAt(0)));
  const ones = new Tensor('float32', new Float32Array(512 * 512).fill(1), [512, 512]);
  const { s } = await session.run({ a: ones, b: ones });
  await session.release();
  return { ...report, sum: (s!.data as Float32Array)[0] };
}

export const onesMultiplied = { version: '1.30.0', backend: 'wasm', sum: 512 ** 3 };
