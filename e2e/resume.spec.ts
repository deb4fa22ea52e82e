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
    .getByRole('region', { name: 'Run', exact: true })
    .locator('.stat', { hasText: 'Step' })
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

/** Where the browser dies, one death after the other in the same run; twice while a checkpoint is being written. */
const deaths: Readonly<
  Record<Executor, readonly { readonly atStep: number; readonly whileWriting: boolean }[]>
> = {
  webgpu: [
    { atStep: 1, whileWriting: false },
    { atStep: 3, whileWriting: true },
    { atStep: 9, whileWriting: false },
  ],
  onnx: [
    { atStep: 5, whileWriting: false },
    { atStep: 30, whileWriting: true },
  ],
};

/** Many requests for a checkpoint in a row, as hiding the page makes them: one is certainly being written when the process dies. */
async function keepWriting(page: Page): Promise<void> {
  await page.evaluate(() => {
    setInterval(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, 5);
  });
  await page.waitForTimeout(300);
}

for (const executor of ['webgpu', 'onnx'] as const) {
  test(`killed again and again on ${executor}, resumed to the same bits`, async ({ violations }) => {
    const profile = newProfile();
    let { context, studio, kill } = await launch(profile, violations);
    const reopen = async (place: 'Compare' | 'Use') => {
      ({ context, studio, kill } = await launch(profile, violations));
      await studio.open(site, executor);
      await studio.go(place);
    };
    const run = () => studio.region('Runs').getByRole('listitem').first();
    await openWithMoods(studio, executor);
    await studio.button('Train').click();
    for (const { atStep, whileWriting } of deaths[executor]) {
      await test.step(`at step ${atStep}${whileWriting ? ' while a checkpoint is written' : ''}`, async () => {
        await expect
          .poll(() => shownStep(studio.page), { timeout: 120_000, intervals: [10] })
          .toBeGreaterThanOrEqual(atStep);
        if (whileWriting) await keepWriting(studio.page);
        await kill();
        await reopen('Compare');
        await expect(run()).toContainText('Interrupted');
        await run().getByRole('button', { name: 'Resume' }).click();
        await studio.go('Train');
      });
    }
    await expect(studio.status).toHaveText('Finished', { timeout: 120_000 });
    const [record] = await studio.runs();
    const whole = undisturbed.get(executor)!;
    expect(record!.executor.executor).toBe(executor);
    expect(record!.trainLoss.value).toEqual(whole.losses);
    expect(record!.bitExact).toBe(true);
    expect(await studio.adapterDigests()).toEqual([whole.digest]);

    // And after another restart everything is still there.
    await context.close();
    await reopen('Use');
    await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
    await studio.go('Compare');
    await expect(run()).toContainText('Finished');
    await context.close();
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
