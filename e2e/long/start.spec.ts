/**
 * From the click on Train to the first point of the curve on a warm page, and where that time goes, as `?trace` has it: for a
 * first and a second run. Prints it; `LONG=1 npx playwright test e2e/long/start`.
 */
import { expect } from '@playwright/test';
import type { TraceEvent } from '../../src/trace';
import { StudioPage } from '../studio-page';
import { test } from '../test';

test.skip(!process.env.LONG, 'a measurement; set LONG=1');

/** How long a person looks at a form that is ready. */
const lookMs = 5000;

const firstPoint = 'Train to the first point';

for (const [executor, baseModel] of [
  ['onnx', 'roberta-mini'],
  ['webgpu', 'roberta-tiny'],
] as const)
  test(`${baseModel} on ${executor}`, async ({ page }) => {
    test.setTimeout(600_000);
    const studio = new StudioPage(page);
    await studio.open(`/?trace&executor=${executor}`, 'automatic');
    await expect(studio.combobox('Base model')).toHaveValue(baseModel);
    await expect(studio.button('Train')).toBeEnabled();
    if (executor === 'onnx') await page.locator('.message', { hasText: 'rows a second' }).waitFor();
    for (const run of [1, 2]) {
      await page.waitForTimeout(lookMs);
      await studio.button('Train').click();
      await page.waitForFunction(
        ([name, count]) => performance.getEntriesByName(`studio: ${name}`).length === count,
        [firstPoint, run] as const,
      );
      await studio.button('Stop').click();
      await expect(studio.status).toHaveText('Stopped');
    }
    const { bytes } = await studio.download(() => studio.button('Download trace').click());
    const { traceEvents } = JSON.parse(new TextDecoder().decode(bytes)) as { traceEvents: TraceEvent[] };
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    const clicks = spans.filter(({ name }) => name === firstPoint);
    expect(clicks).toHaveLength(2);
    console.log(`${executor}, ${baseModel}: before the click\n${table(spans, 0, clicks[0]!.ts)}`);
    for (const [i, { ts, dur }] of clicks.entries())
      console.log(
        `${executor}, ${baseModel}: run ${i + 1}, first point after ${seconds(dur!)}\n${table(spans, ts, ts + dur!)}`,
      );
  });

const seconds = (microseconds: number) => `${(microseconds / 1e6).toFixed(2)} s`;

/** Spans of the worker that begin in a stretch of time: when, how long, what. */
function table(spans: readonly TraceEvent[], from: number, to: number): string {
  return spans
    .filter(({ tid, ts }) => tid === 2 && ts >= from && ts < to)
    .sort((a, b) => a.ts - b.ts)
    .map(({ name, ts, dur }) => `  ${seconds(ts - from).padStart(8)} ${seconds(dur!).padStart(8)}  ${name}`)
    .join('\n');
}
