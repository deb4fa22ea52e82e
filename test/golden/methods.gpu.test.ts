import { expect, it } from 'vitest';
import { acquireDevice } from '../../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../../src/runtime/webgpu/executor';
import { recordedMethods } from './method-case';
import { recordedPeft } from './peft-case';
import { recordedRuns } from './run-case';
import { httpSource } from './source';
import { goldenMethods, goldenPeft, goldenRuns } from './suite';

// One device, and with it one pipeline cache, for all cases. A machine without an adapter fails here, it does not skip.
const device = await acquireDevice(navigator.gpu);
const ids = await recordedMethods(httpSource);

it('has an adapter and cases to run', async () => {
  console.log(`golden webgpu: adapter ${device.adapter}`);
  expect(ids.length).toBeGreaterThan(0);
});

goldenMethods('webgpu', async () => new WebGpuExecutor(device), httpSource, ids);
goldenPeft('webgpu', async () => new WebGpuExecutor(device), httpSource, await recordedPeft(httpSource));
goldenRuns('webgpu', async () => new WebGpuExecutor(device), httpSource, await recordedRuns(httpSource));
