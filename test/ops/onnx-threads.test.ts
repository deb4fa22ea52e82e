/** What threads of ONNX Runtime may not do to a result: neither lose a part of a sum nor change its order. */
import * as module from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { ortOf } from '../../src/runtime/onnx/ort';
import { gatherGradCase, ragged } from './cases';
import { judge } from './parity-suite';
import { runOnOnnx } from './run-onnx';
import { drawLeaves, reference } from './values';

const ort = ortOf(module, 2);

it('sums the gradients of one id that many tokens have, to the same bits each time', async () => {
  const opCase = gatherGradCase(ragged(1000, 1000), 768, 2, -1);
  const leaves = drawLeaves(opCase, 1);
  const first = await runOnOnnx(ort, opCase, leaves);
  judge(opCase, 'two threads', first, reference(opCase, leaves), 1);
  for (let i = 0; i < 10; i++) {
    const again = await runOnOnnx(ort, opCase, leaves);
    expect(again.findIndex((value, at) => value !== first[at])).toBe(-1);
  }
});
