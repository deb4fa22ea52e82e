import * as module from 'onnxruntime-web';
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { ortOf } from '../../src/runtime/onnx/ort';
import { diskSource } from './disk-source';
import { golden } from './suite';

const executor = new OnnxExecutor(ortOf(module, 1));

await golden('onnx', async () => executor, diskSource, 'first');
