/**
 * The colours of runs as colour-blind eyes have them: apart from one another, and from the ground. Dichromats after Machado,
 * Oliveira & Fernandes 2009, “A physiologically-based model for simulation of color vision deficiency”; distances in Oklab,
 * Ottosson 2020, where about 0.02 is the smallest that is seen.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

const eyes: Readonly<Record<string, Matrix>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const [light, dark] = readFileSync('src/app/styles/tokens.css', 'utf8').split(':root[data-theme="dark"]');
const themes = { light: light!, dark: dark! };

const times = (matrix: Matrix, [a, b, c]: Triple): Triple =>
  matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Triple;

/** Linear red, green and blue of a token. */
function token(css: string, name: string): Triple {
  const [, hex] = new RegExp(`--${name}: #([0-9a-f]{6})`).exec(css)!;
  return [0, 2, 4].map((at) => {
    const value = Number.parseInt(hex!.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;
}

function oklab(rgb: Triple): Triple {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map(Math.cbrt) as unknown as Triple;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

const luminance = ([r, g, b]: Triple) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

describe.each(['light', 'dark'] as const)('the colours of runs, %s', (theme) => {
  const colours = Array.from({ length: 8 }, (_, i) => token(themes[theme], `series-${i + 1}`));

  it.each(Object.keys(eyes))('are apart for eyes with %s', (name) => {
    const seen = colours.map((colour) => oklab(times(eyes[name]!, colour)));
    const distances = seen.flatMap((a, i) =>
      seen.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
    );
    expect(Math.min(...distances)).toBeGreaterThan(0.1);
  });

  // WCAG 2.2, 1.4.11: what is needed to understand a graphic has 3 to 1.
  it('stand out from the ground', () => {
    const ground = luminance(token(themes[theme], 'raised'));
    for (const colour of colours) {
      const [high, low] = [ground, luminance(colour)].sort((a, b) => b - a);
      expect((high! + 0.05) / (low! + 0.05)).toBeGreaterThanOrEqual(3);
    }
  });
});
