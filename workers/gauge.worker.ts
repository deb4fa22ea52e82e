/** One of the workers that try how many threads compute the fastest: has no data, reaches nobody, is ended after a moment. */
import { type GaugeMessage, gauge } from '../src/runtime/onnx/thread-gauge';

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', ({ data }: MessageEvent<GaugeMessage>) => self.postMessage(gauge(data)));
