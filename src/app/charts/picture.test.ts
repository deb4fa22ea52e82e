import { expect, it } from 'vitest';
import { placeAxis, valueAxis } from './axes';
import { pictureOf } from './picture';
import { svgOf } from './picture-svg';
import { trendOf } from './trend';

const style = { colour: 'var(--series-1)', dash: '6 3' };
const drawing = {
  colour: (css: string) => (css === 'var(--series-1)' ? '#3155d9' : '#111'),
  font: '"Segoe UI", sans-serif',
  widthOf: (text: string, size: number) => text.length * size * 0.6,
};

it('is a drawing with title, axes, curve and legend, in which a name is no markup', () => {
  const hostile = '</text><script>alert(1)</script>\u0000"&';
  const picture = pictureOf(
    {
      title: 'Loss',
      description: hostile,
      lines: [
        { key: 'a', name: hostile, curve: { x: [1, 2, 3], y: [3, Number.NaN, 1] }, style, look: 'line' },
        { key: 'b', name: hostile, curve: { x: [2, 9], y: [2, 2] }, style, look: 'points' },
      ],
      places: placeAxis({ min: 1, max: 3 }, 'count'),
      values: valueAxis({ min: 1, max: 3 }),
      axisTitle: 'Step',
      runs: Array.from({ length: 9 }, () => ({ name: hostile, style })),
      note: 'line: training, dots: validation',
    },
    drawing,
  );
  const texts = picture.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape] : []));
  expect(texts.map(({ text }) => text)).toEqual(expect.arrayContaining(['Loss', 'Step', '1', '3', hostile]));
  for (const { x, text, anchor } of texts) {
    expect(x).toBeGreaterThanOrEqual(0);
    if (anchor === 'start') expect(x + drawing.widthOf(text, 13)).toBeLessThanOrEqual(picture.width);
  }
  // Only the dot that lies on the axis is drawn.
  expect(picture.shapes.filter(({ kind }) => kind === 'circle').length).toBe(1);
  const svg = svgOf(picture);
  expect(svg).not.toContain('<script');
  expect(svg).not.toContain('\u0000');
  expect(svg).not.toContain('var(');
  expect(svg).toContain('stroke="#3155d9"');
  expect(svg).toContain('font-family="&quot;Segoe UI&quot;, sans-serif"');
});

it('tells a trend: from where to where, the best, and what was no number', () => {
  const options = {
    what: 'training loss',
    better: 'lower',
    formatValue: String,
    wordsOfPlace: (x: number) => `step ${x}`,
  } as const;
  const told = (y: number[], better: 'lower' | 'higher' | null = 'lower') =>
    trendOf({ x: y.map((_, i) => i + 1), y }, { ...options, better });
  expect(told([3, 1, 2])).toBe('training loss 3 → 2, lowest 1 at step 2');
  expect(told([3, 1, 2], 'higher')).toBe('training loss 3 → 2, highest 3 at step 1');
  expect(told([3, Number.NaN, 2], null)).toBe('training loss 3 → 2, not a finite number once');
  expect(told([3])).toBe('training loss 3 at step 1');
  expect(told([Number.NaN])).toBe('training loss never a finite number');
  expect(told([])).toBeNull();
});
