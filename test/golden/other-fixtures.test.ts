/** `ADAPTER_FIXTURES`: another folder of fixtures is what the suites of Node compare with, and one wrong number there is seen. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as module from 'onnxruntime-web';
import { afterAll, expect, it, vi } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors';
import { OnnxExecutor } from '../../src/runtime/onnx/executor';
import { ortOf } from '../../src/runtime/onnx/ort';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { filesUnder, fixturePath, fixturesFolder } from '../fixtures-folder';
import { failures } from './compare';
import { diskSource } from './disk-source';
import { checkForward, loadMethodCase, openCase, recordedMethods } from './method-case';

const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
const id = 'head_only';

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

// Written anew, since the originals may be read-only.
for (const part of ['models/tiny-a', `methods/${id}`]) {
  mkdirSync(join(folder, part), { recursive: true });
  for (const file of filesUnder(fixturePath(part)))
    writeFileSync(join(folder, part, file), readFileSync(fixturePath(`${part}/${file}`)));
}
writeFileSync(join(folder, 'methods/batches.json'), readFileSync(fixturePath('methods/batches.json')));
writeFileSync(join(folder, 'methods/index.json'), JSON.stringify({ methods: [{ id }] }));
vi.stubEnv('ADAPTER_FIXTURES', folder);

/** Multiplies one of the recorded logits. */
function changeLogit(factor: number): void {
  const path = join(folder, `methods/${id}/tensors.safetensors`);
  const tensors = readSafetensors(new Uint8Array(readFileSync(path)), path);
  tensors.get('pert/logits')!.data[1]! *= factor;
  writeFileSync(path, writeSafetensors(tensors));
}

it.each([referenceExecutor, new OnnxExecutor(ortOf(module, 1))])(
  '$name is held to the numbers there',
  async (executor) => {
    expect(fixturesFolder()).toBe(folder);
    expect(await recordedMethods(diskSource)).toEqual([id]);
    const failed = async () => {
      const method = await loadMethodCase(diskSource, id);
      const session = await openCase(executor, method, 'pert');
      try {
        return failures(await checkForward(session, method, 'pert'));
      } finally {
        session.dispose();
      }
    };
    expect(await failed()).toEqual([]);
    changeLogit(1.001);
    expect(await failed()).toEqual([expect.stringContaining('pert logits: error')]);
    changeLogit(1 / 1.001);
  },
);

it('says that a folder is not there', () => {
  vi.stubEnv('ADAPTER_FIXTURES', join(folder, 'nowhere'));
  expect(() => fixturePath('methods')).toThrow('nowhere, which is not there');
});
