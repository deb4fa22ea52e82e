/**
 * In Chromium on two threads, as the training worker loads it: one case of each kind, since Node runs them all.
 * `LONG=1 npx vitest run --project gpu test/golden/golden.onnx` runs them all here too.
 */
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { loadOrt } from '../../src/runtime/onnx/load-ort';
import { oneOfEach } from './one-of-each';
import { httpSource } from './source';
import { golden } from './suite';

const executor = new OnnxExecutor(loadOrt(2));
const choose = import.meta.env.LONG ? undefined : oneOfEach;

await golden('onnx', async () => executor, httpSource, 'first', choose);
