import { acquireDevice } from '../../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../../src/runtime/webgpu/executor';
import { goldenFamilies, goldenTokenizers } from './family-suite';
import { httpSource } from './source';

const device = await acquireDevice(navigator.gpu);

// The tokenizer's normalization rests on the browser's segmenter.
goldenTokenizers(httpSource);
goldenFamilies('webgpu', async () => new WebGpuExecutor(device), httpSource);
