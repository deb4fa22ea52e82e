/**
 * Where the build keeps ONNX Runtime's own files: the script that runs its WebAssembly and is also the script of its threads, and
 * the WebAssembly (14 MB). Addresses only, so that who admits the threads loads nothing.
 */
export { default as ortScript } from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
export { default as ortWasm } from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
