/** The memories of WebAssembly modules that are loaded from here on: ONNX Runtime makes one, and tells nobody of it. */
export const memories: WebAssembly.Memory[] = [];

WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};
