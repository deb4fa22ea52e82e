/**
 * Nothing is lost: the browser is killed in the middle of a run and the run goes on bit for bit; the device is lost and
 * the run goes on by itself.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, expect, type Page } from '@playwright/test';
import { findChromium, softwareWebGpuArguments } from '../scripts/find-chromium';
import { csvFile, moods } from './moods';
import { type FormInput, StudioPage } from './studio-page';
import { test } from './test';
import type { Violations } from './violations';

type Executor = 'webgpu' | 'onnx';

/**
 * Of four steps each, with dropout on: masks, order, moments and step must all be found again. ONNX Runtime takes ten steps in a
 * second, and must still be at work when the browser dies.
 */
const epochs: Readonly<Record<Executor, number>> = { webgpu: 3, onnx: 40 };
/** Runs whose bits are compared have as many threads; measured, on a busy machine it may be one or the other. */
const site = '/?threads=2';
const settings: FormInput = { learningRate: 0.002, batchSize: 8, trainingRows: 32 };

/** A browser with a profile on disk, which outlives it. */
async function launch(
  profile: string,
  violations: Violations,
): Promise<{
  readonly context: BrowserContext;
  readonly studio: StudioPage;
  readonly kill: () => Promise<void>;
}> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    args: softwareWebGpuArguments,
    baseURL: test.info().project.use.baseURL!,
  });
  await violations.watch(context.browser()!);
  const page = context.pages()[0] ?? (await context.newPage());
  const studio = new StudioPage(page);
  return { context, studio, kill: () => killBrowser(context) };
}

/** SIGKILL, as a power cut or the system's out-of-memory killer would. */
async function killBrowser(context: BrowserContext): Promise<void> {
  const session = await context.browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  for (const { id } of processInfo) {
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      // It was gone already: killing the browser takes its children along.
    }
  }
  await context.close().catch(() => {});
}

/** Opens the studio on a small data set of its own, whose validation rows take no time. */
async function openWithMoods(studio: StudioPage, executor: Executor): Promise<void> {
  await studio.open(site, executor);
  await studio.page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(150)));
  await studio.button('Use this data').click();
  // A profile on disk waits for the disk, which other work may keep busy: once it was more than a minute.
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)', {
    timeout: 180_000,
  });
  await studio.chooseTiny();
  await studio.fill({ ...settings, epochs: epochs[executor] });
}

const newProfile = () => mkdtempSync(join(tmpdir(), 'adapter-studio-profile-'));

async function shownStep(page: Page): Promise<number> {
  const text = await page
    .locator('.runbar .stat', { hasText: 'Step' })
    .first()
    .textContent({ timeout: 1000 })
    .catch(() => '');
  return Number(/(\d+) of/.exec(text ?? '')?.[1] ?? 0);
}

const undisturbed = new Map<Executor, { readonly digest: string; readonly losses: readonly number[] }>();

test.describe.configure({ mode: 'serial' });

for (const executor of ['webgpu', 'onnx'] as const)
  test(`the undisturbed run on ${executor}`, async ({ page }) => {
    const studio = new StudioPage(page);
    await openWithMoods(studio, executor);
    await studio.trainToTheEnd();
    const [run] = await studio.runs();
    const [digest] = await studio.adapterDigests();
    undisturbed.set(executor, { digest: digest!, losses: run!.trainLoss.value });
    expect(run!.executor.executor).toBe(executor);
    expect(run!.trainLoss.value.length).toBe(4 * epochs[executor]);
  });

// At these steps the browser dies; twice while a checkpoint is being written, which hiding the page asks for.
const kills: readonly {
  readonly executor: Executor;
  readonly atStep: number;
  readonly whileWriting: boolean;
}[] = [
  { executor: 'webgpu', atStep: 1, whileWriting: false },
  { executor: 'webgpu', atStep: 3, whileWriting: true },
  { executor: 'onnx', atStep: 5, whileWriting: false },
  { executor: 'onnx', atStep: 7, whileWriting: true },
  { executor: 'webgpu', atStep: 9, whileWriting: false },
];

for (const { executor, atStep, whileWriting } of kills) {
  test(`killed on ${executor} at step ${atStep}${whileWriting ? ' while a checkpoint is written' : ''}, resumed to the same bits`, async ({
    violations,
  }) => {
    const profile = newProfile();
    const first = await launch(profile, violations);
    await openWithMoods(first.studio, executor);
    await first.studio.button('Train').click();
    await expect
      .poll(() => shownStep(first.studio.page), { timeout: 120_000, intervals: [10] })
      .toBeGreaterThanOrEqual(atStep);
    if (whileWriting) {
      // Many requests in a row: one is certainly being written when the process dies.
      await first.studio.page.evaluate(() => {
        setInterval(() => {
          Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }, 5);
      });
      await first.studio.page.waitForTimeout(300);
    }
    await first.kill();

    const second = await launch(profile, violations);
    await second.studio.open(site, executor);
    const run = second.studio.region('Runs').getByRole('listitem').first();
    await expect(run).toContainText('Interrupted');
    await run.getByRole('button', { name: 'Resume' }).click();
    await expect(second.studio.status).toHaveText('Finished', { timeout: 120_000 });
    const [record] = await second.studio.runs();
    const whole = undisturbed.get(executor)!;
    expect(record!.executor.executor).toBe(executor);
    expect(record!.trainLoss.value).toEqual(whole.losses);
    expect(record!.bitExact).toBe(true);
    expect(await second.studio.adapterDigests()).toEqual([whole.digest]);

    // And after another restart everything is still there.
    await second.context.close();
    const third = await launch(profile, violations);
    await third.studio.open(site, executor);
    await expect(third.studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
    await expect(third.studio.region('Runs').getByRole('listitem').first()).toContainText('Finished');
    await third.context.close();
  });
}

test('a crashed graphics process in the middle: the run goes on from its checkpoint', async ({
  violations,
}) => {
  const { context, studio } = await launch(newProfile(), violations);
  await openWithMoods(studio, 'webgpu');
  await studio.button('Train').click();
  await expect
    .poll(() => shownStep(studio.page), { timeout: 120_000, intervals: [10] })
    .toBeGreaterThanOrEqual(4);
  const session = await context.browser()!.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess').catch(() => {});
  await expect(studio.status).toHaveText('Finished', { timeout: 120_000 });
  await expect(studio.page.getByRole('alert').first()).toContainText('device was lost');
  const [record] = await studio.runs();
  const whole = undisturbed.get('webgpu')!;
  expect(record!.trainLoss.value).toEqual(whole.losses);
  expect(await studio.adapterDigests()).toEqual([whole.digest]);
  await context.close();
});
