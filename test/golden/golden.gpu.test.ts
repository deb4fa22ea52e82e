import { acquireDevice } from '../../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../../src/runtime/webgpu/executor';
import { httpSource } from './source';
import { golden } from './suite';

// One device, and with it one pipeline cache, for all cases. A machine without an adapter fails here, it does not skip.
const device = await acquireDevice(navigator.gpu);
console.log(`golden webgpu: adapter ${device.adapter}`);

await golden('webgpu', async () => new WebGpuExecutor(device), httpSource, 'first');
