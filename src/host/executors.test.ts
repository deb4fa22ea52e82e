import { expect, it } from 'vitest';
import { StudioError } from '../errors';
import { referenceExecutor } from '../runtime/reference/reference';
import { executorChooser, type OpenExecutor } from './executors';

const open =
  (info: Awaited<ReturnType<OpenExecutor>>['info']): OpenExecutor =>
  async () => ({ executor: referenceExecutor, info });

const card = open({ executor: 'webgpu', adapter: 'a card', isSoftwareAdapter: false });
const software = open({ executor: 'webgpu', adapter: 'swiftshader', isSoftwareAdapter: true });
const none: OpenExecutor = async () => {
  throw new StudioError('webgpu-missing', 'This browser has no WebGPU.', 'Take another.');
};
const onnx = open({
  executor: 'onnx',
  adapter: 'wasm, 1 thread',
  isSoftwareAdapter: true,
  runtime: { version: '1.30.0', backend: 'wasm', threads: 1 },
});
const reference = open({ executor: 'reference', adapter: 'float64 loops', isSoftwareAdapter: true });

const choosing = (webgpu: OpenExecutor) => executorChooser({ webgpu, onnx, reference });

it.each([
  ['a card', card, card, /WebGPU on a card computes\. It has a graphics card/, null],
  [
    'a software adapter',
    software,
    onnx,
    /ONNX Runtime 1\.30\.0 on wasm, 1 thread computes\. WebGPU has only a software adapter here \(swiftshader\)/,
    /a graphics card that the browser’s WebGPU can use.*cross-origin isolated/,
  ],
  ['no WebGPU', none, onnx, /no WebGPU/, /a browser with WebGPU/],
] as const)('with %s and no choice made', async (_, webgpu, chosen, reason, faster) => {
  const choice = await choosing(webgpu)('automatic');
  expect(choice.open).toBe(chosen);
  expect(choice.reason).toMatch(reason);
  if (faster) expect(choice.faster).toMatch(faster);
  else expect(choice.faster).toBeNull();
});

it('takes what is asked for, and says what would be faster', async () => {
  expect(await choosing(card)('onnx')).toMatchObject({
    open: onnx,
    faster: expect.stringMatching(/WebGPU is faster.*a card/),
  });
  expect(await choosing(software)('webgpu')).toMatchObject({
    open: software,
    faster: expect.stringMatching(/ONNX Runtime is several times as fast/),
  });
  await expect(choosing(none)('webgpu')).rejects.toMatchObject({ code: 'webgpu-missing' });
});

it('does not take a fault of the studio for a missing device', async () => {
  const faulty: OpenExecutor = async () => {
    throw new TypeError('a fault');
  };
  await expect(choosing(faulty)('automatic')).rejects.toThrow('a fault');
});
