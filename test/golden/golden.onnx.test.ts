import * as ort from 'onnxruntime-web';
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { ortOf } from '../../src/runtime/onnx/ort';
import { diskSource } from './disk-source';
import { golden } from './suite';

await golden('onnx', async () => new OnnxExecutor(ortOf(ort, 1)), diskSource, 'first');
