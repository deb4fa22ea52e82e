/** What the form opens with: the reference run's settings on a hardware adapter, a small start on a software one. */
import { expect, it } from 'vitest';
import { StudioHost } from '../src/host/host';
import { defaultSettings } from '../src/protocol/settings';
import type { AnswerMessage, StudioDescription } from '../src/protocol/types';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';

async function open(isSoftwareAdapter: boolean): Promise<StudioDescription> {
  const answered = new Promise<AnswerMessage>((resolve) => {
    const host = new StudioHost({
      store: new StudioStore(new Database(`opening-${crypto.randomUUID()}`)),
      siteBase: `${location.origin}/`,
      chooseExecutor: async () => async () => ({
        executor: referenceExecutor,
        info: { executor: 'webgpu', adapter: 'stand-in', isSoftwareAdapter },
      }),
      post: (message) => {
        if (message.type === 'answer') resolve(message);
      },
    });
    void host.handle({ type: 'open', id: 1, request: { executor: null } });
  });
  const answer = await answered;
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value as StudioDescription;
}

it('is run A of the reference on a hardware adapter', async () => {
  const { defaults, notice, defaultDatasetId } = await open(false);
  expect(notice).toBeNull();
  expect(defaultDatasetId).toBe('rotten_tomatoes');
  expect(defaults).toMatchObject({
    ...defaultSettings,
    baseModel: 'roberta-mini',
    method: 'lora',
    trainingRows: null,
  });
  expect(defaults.methodConfig).toMatchObject({ r: 8, alpha: 8, attn_matrices: ['q', 'v'] });
  expect(defaults).toMatchObject({
    learningRate: 1e-4,
    epochs: 6,
    batchSize: 32,
    maxLength: 80,
    seed: 42,
    scheduler: 'linear',
    maxGradNorm: 1,
  });
});

it('is roberta-tiny with a row limit on a software adapter, and says why', async () => {
  const { defaults, notice } = await open(true);
  expect(defaults).toMatchObject({ baseModel: 'roberta-tiny', trainingRows: 512 });
  expect(notice).toMatch(/software adapter \(stand-in\).*512 training rows/);
});
