import * as ort from 'onnxruntime-web';
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { onnxRuntime } from '../../src/runtime/onnx/runtime';
import { diskSource } from './disk-source';
import { golden } from './suite';

ort.env.wasm.numThreads = 1;
await golden('onnx', async () => new OnnxExecutor(onnxRuntime(ort, 1)), diskSource, 'first');
