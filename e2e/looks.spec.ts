/** How the page holds together: whatever things are called, however wide and large it is shown, and with little motion. By measuring. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { type FakeOptions, installFakeStudio } from './fake-studio';
import { csvFile } from './moods';
import { type Place, StudioPage } from './studio-page';
import { test } from './test';

const withData: FakeOptions = { runs: 3, points: 60, adapters: 3, refuse: false };
const places: readonly Place[] = ['Data', 'Train', 'Compare', 'Use'];

/** As people and programs name things; the last ones are written from right to left, and of parts that are no letters. */
const hostileNames = [
  'c'.repeat(120),
  'a name with 🙂 and a very long tail of words '.repeat(4),
  'اسم طويل جدا للتجربة '.repeat(8),
  '👩‍👩‍👧‍👦'.repeat(30),
  'שלום‏‎abc‮evil'.repeat(10),
  'ملف'.repeat(40),
];

async function openFake(page: Page, options: FakeOptions): Promise<StudioPage> {
  await page.addInitScript(installFakeStudio, options);
  await page.goto('/');
  await page.locator('.app:not([data-protection="unknown"])').waitFor();
  await page.getByRole('region', { name: 'Loss' }).waitFor();
  return new StudioPage(page);
}

/** Goes to a place and opens all that it has. */
async function openPlace(studio: StudioPage, place: Place): Promise<void> {
  const { page } = studio;
  await studio.go(place);
  if (place === 'Compare') {
    for (const box of await page.locator('.run-name input').all()) await box.check();
    await studio.region('Comparison').waitFor();
    await studio.region('Loss').getByRole('figure').first().waitFor();
    await page.locator('button[aria-label^="Edit "]').first().click();
    await studio.button('Filter and columns').click();
  }
  if (place === 'Use') {
    await studio.button('Predict').click();
    await studio.region('Prediction').waitFor();
    await page.getByRole('button', { name: 'Evaluate' }).first().click();
    await studio.region('Evaluation').waitFor();
  }
  for (const closed of await page.locator('main details:not([open]) > summary').all())
    if (await closed.isVisible()) await closed.click();
}

/** What lies beyond the window, or spills out of what it is in: its tag, its class and the first of its words. */
function misplaced(): readonly string[] {
  const { clientWidth, scrollWidth } = document.documentElement;
  // Cut off on purpose, or a table, which may be moved sideways.
  const clips = (element: Element) =>
    /hidden|clip/.test(getComputedStyle(element).overflowX) || element.matches('.table-scroll, textarea');
  const isClipped = (element: Element): boolean => {
    const above = element.parentElement;
    return above !== null && above !== document.body && (clips(above) || isClipped(above));
  };
  const told = (element: Element, what: string) =>
    `${what}: ${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}”`;
  const seen = [...document.querySelectorAll<HTMLElement>('body *')].filter(
    (element) => element.checkVisibility() && !isClipped(element) && !element.closest('svg'),
  );
  const controls = 'a[href], button, input, select, textarea, summary, label';
  return [
    ...(scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide in a window of ${clientWidth}`] : []),
    ...seen
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return element.matches(controls) && width > 1 && (left < -0.5 || right > clientWidth + 0.5);
      })
      .map((element) => told(element, 'outside')),
    ...seen
      .filter(
        (element) =>
          element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && !clips(element),
      )
      .map((element) => told(element, 'spills')),
  ];
}

/** Where the panels lie from left to right. */
const columnsOf = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('main .panel')].map((panel) => {
      const { left, width } = panel.getBoundingClientRect();
      return `${panel.getAttribute('aria-label')}: ${width.toFixed(0)} from ${left.toFixed(0)}`;
    }),
  );

const windows = [
  { width: 360, height: 800 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
  // The same at 200 %: the browser lays a page out in half the window.
  { width: 720, height: 450 },
];

for (const size of windows)
  test(`names of any length and script push nothing away, ${size.width} px`, async ({ page, context }) => {
    await page.setViewportSize(size);
    const plain = await context.newPage();
    await plain.setViewportSize(size);
    const usual = await openFake(plain, withData);
    const studio = await openFake(page, { ...withData, names: hostileNames, notStored: true });
    await studio.button('Train').click();
    await expect(studio.status).toHaveText('Training');
    for (const place of places) {
      await usual.go(place);
      await openPlace(studio, place);
      if (place === 'Compare') {
        for (const box of await plain.locator('.run-name input').all()) await box.check();
        await usual.region('Comparison').waitFor();
      }
      expect.soft(await page.evaluate(misplaced), place).toEqual([]);
      expect.soft(await columnsOf(page), place).toEqual(await columnsOf(plain));
    }
    await studio.go('Data');
    await page.getByLabel('Dataset file').setInputFiles(csvFile('any.csv', 'text,label\n'));
    await page.locator('.mapping').waitFor();
    expect.soft(await page.evaluate(misplaced), 'columns').toEqual([]);
    await studio.dropFiles(new Map([[`${hostileNames[0]}.zip`, new Uint8Array(4)]]));
    await expect(page.getByRole('alert').filter({ hasText: 'no adapter' })).toBeVisible();
    expect.soft(await page.evaluate(misplaced), 'messages').toEqual([]);
  });

test('what lies outside or spills is found', async ({ page }) => {
  await openFake(page, withData);
  expect(await page.evaluate(misplaced)).toEqual([]);
  await page.evaluate(() => {
    const add = (tag: string, style: string, text: string) => {
      const element = document.createElement(tag);
      element.style.cssText = style;
      element.textContent = text;
      document.querySelector('main')!.append(element);
    };
    add('p', 'width: 80px; white-space: nowrap', 'much too long a line');
    add('button', 'position: fixed; right: -20px', 'Far');
  });
  expect(await page.evaluate(misplaced)).toEqual([
    'outside: button. “Far”',
    'spills: p. “much too long a line”',
  ]);
});

for (const [state, options] of [
  ['on the first visit', { runs: 0, points: 0, adapters: 0, refuse: false }],
  ['with no device', { ...withData, refuse: true }],
  ['with twenty runs', { runs: 20, points: 30, adapters: 8, refuse: false }],
] as const)
  for (const theme of options.runs > 3 ? (['dark'] as const) : (['light', 'dark'] as const))
    test(`no accessibility fault ${state}, ${theme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const studio = await openFake(page, options);
      for (const place of places) {
        await studio.go(place);
        if (place === 'Compare')
          for (const box of await page.locator('.run-name input').all()) await box.check();
        if (place === 'Train' && !options.refuse) await page.getByText('All methods and their sizes').click();
        for (const width of [1440, 390]) {
          await page.setViewportSize({ width, height: 900 });
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
          );
          expect.soft(found, `${place} at ${width}`).toEqual([]);
          expect.soft(await page.evaluate(misplaced), `${place} at ${width}`).toEqual([]);
        }
      }
    });

/** What moves by itself or would on the way to another state. */
const moving = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { animationName, transitionDuration } = getComputedStyle(element);
        return (
          animationName !== 'none' || transitionDuration.split(', ').some((s) => Number.parseFloat(s) > 0)
        );
      })
      .map((element) => element.className.toString()),
  );

test('nothing moves for who wants no motion', async ({ page }) => {
  const studio = await openFake(page, withData);
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training');
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  expect(await moving(page)).toContain('dot');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const place of places) {
    await studio.go(place);
    expect(await moving(page), place).toEqual([]);
  }
});

for (const size of [
  { width: 390, height: 844 },
  { width: 360, height: 800 },
])
  test(`while it trains a phone shows the curve without scrolling, ${size.width} px`, async ({ page }) => {
    await page.setViewportSize(size);
    const studio = await openFake(page, withData);
    await studio.button('Train').click();
    await expect(studio.status).toHaveText('Training');
    const curve = studio.region('Loss').locator('.chart').first();
    await expect(curve).toBeInViewport({ ratio: 0.9 });
    const { y, height } = (await curve.boundingBox())!;
    expect(y + height).toBeLessThan(800);
  });
