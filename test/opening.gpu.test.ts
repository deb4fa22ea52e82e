/** What the form opens with: the reference run's settings on a hardware adapter, a small start on a software one. */
import { afterEach, expect, it, vi } from 'vitest';
import { StudioHost } from '../src/host/host';
import type { AnswerMessage, EventMessage, StudioDescription } from '../src/protocol/types';
import { defaultSettings } from '../src/runs/settings';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';

afterEach(() => vi.unstubAllGlobals());

async function open(isSoftwareAdapter: boolean, events: EventMessage[] = []): Promise<StudioDescription> {
  const answered = new Promise<AnswerMessage>((resolve) => {
    const host = new StudioHost({
      store: new StudioStore(new Database(`opening-${crypto.randomUUID()}`)),
      siteBase: `${location.origin}/`,
      chooseExecutor: async () => ({
        open: async () => ({
          executor: referenceExecutor,
          info: { executor: 'webgpu', adapter: 'stand-in', isSoftwareAdapter },
        }),
        reason: '',
        faster: null,
      }),
      post: (message) => {
        if (message.type === 'answer') resolve(message);
        else events.push(message);
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

it('leaves out a sample that cannot be fetched, and says which and how to get it', async () => {
  const real = fetch;
  vi.stubGlobal('fetch', (...[input, init]: Parameters<typeof fetch>) =>
    String(input).includes('rotten_tomatoes')
      ? Promise.resolve(new Response('', { status: 503 }))
      : real(input, init),
  );
  const events: EventMessage[] = [];
  const { datasets, defaultDatasetId } = await open(true, events);
  expect(datasets.map(({ id }) => id)).toEqual(['customer_reviews', 'trec']);
  expect(defaultDatasetId).toBe('customer_reviews');
  const problems = events.flatMap((event) => (event.type === 'problem' ? [event.error] : []));
  expect(problems).toMatchObject([{ message: expect.stringMatching(/Rotten Tomatoes.*503/) }]);
  expect(problems[0]!.hint).toMatch(/reload|again/i);
});
