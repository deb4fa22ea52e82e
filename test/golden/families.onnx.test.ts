import * as module from 'onnxruntime-web';
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { ortOf } from '../../src/runtime/onnx/ort';
import { diskSource } from './disk-source';
import { goldenFamilies } from './family-suite';

const executor = new OnnxExecutor(ortOf(module, 1));

goldenFamilies('onnx', async () => executor, diskSource);
