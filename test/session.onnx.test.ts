/** What a session on ONNX Runtime promises, on two threads: what every session does, and what its record says of the runtime. */
import * as module from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { ortOf } from '../src/runtime/onnx/ort';
import { diskSource } from './golden/disk-source';
import { loadSessionCases, optionsOf, sessionTests } from './session-suite';

const executor = new OnnxExecutor(ortOf(module, 2));
const cases = await loadSessionCases(diskSource);

sessionTests(executor, cases, diskSource);

it('says when a record is of another runtime or number of threads', async () => {
  const asRecorded = async (kernelTable?: Readonly<Record<string, string>>) => {
    const session = await executor.open({ ...optionsOf(cases.plain), ...(kernelTable && { kernelTable }) });
    session.dispose();
    return session;
  };
  const { kernelTable, kernelsAsRecorded } = await asRecorded();
  expect(kernelTable).toEqual({ 'onnxruntime-web': '1.30.0', backend: 'wasm', threads: '2' });
  expect(kernelsAsRecorded).toBe(true);
  expect((await asRecorded(kernelTable)).kernelsAsRecorded).toBe(true);
  for (const [entry, value] of [
    ['threads', '1'],
    ['onnxruntime-web', '1.29.0'],
    ['gemm', 'tiled'],
  ] as const)
    expect((await asRecorded({ ...kernelTable, [entry]: value })).kernelsAsRecorded).toBe(false);
});
