/** A picture as an SVG file that needs nothing beside it: colours and fonts are in it, scripts and links are not. */
import type { Picture, Shape } from './picture';

export function svgOf({ width, height, title, description, font, plot, shapes }: Picture): string {
  const { left, top, width: plotWidth, height: plotHeight } = plot;
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(font)}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<clipPath id="plot"><rect x="${left}" y="${top - 4}" width="${plotWidth}" height="${plotHeight + 8}"/></clipPath>
${shapes.map(elementOf).join('\n')}
</svg>
`;
}

function elementOf(shape: Shape): string {
  switch (shape.kind) {
    case 'rect':
      return `<rect x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}" fill="${escaped(shape.fill)}"/>`;
    case 'path': {
      const dash = shape.dash === '' ? '' : ` stroke-dasharray="${shape.dash}"`;
      const opacity = shape.opacity === 1 ? '' : ` stroke-opacity="${shape.opacity}"`;
      const clip = shape.isClipped ? ' clip-path="url(#plot)"' : '';
      return `<path d="${shape.d}" fill="none" stroke="${escaped(shape.stroke)}" stroke-width="${shape.strokeWidth}" stroke-linejoin="round"${dash}${opacity}${clip}/>`;
    }
    case 'circle':
      return `<circle cx="${shape.x.toFixed(1)}" cy="${shape.y.toFixed(1)}" r="${shape.r}" fill="${escaped(shape.fill)}"/>`;
    case 'text':
      return `<text x="${shape.x.toFixed(1)}" y="${shape.y.toFixed(1)}" font-size="${shape.size}" font-weight="${shape.weight}" text-anchor="${shape.anchor}" fill="${escaped(shape.fill)}">${escaped(shape.text)}</text>`;
    default:
      return shape satisfies never;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Names are people's: nothing of them is markup, and what XML 1.0 has no place for becomes the replacement character. So do
 * halves of letters, once the text is made UTF-8.
 */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in it
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (letter) => entities[letter]!)
  );
}
