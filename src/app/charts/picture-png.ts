/**
 * A picture as a PNG file, drawn shape by shape: the page's policy lets no image in that is not from its own origin, so the
 * SVG cannot be loaded and copied.
 */
import { StudioError } from '../../errors';
import type { Picture, Shape } from './picture';

/** Pixels for each unit: sharp in a document and on a dense screen. */
const density = 2;

export async function pngOf(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, plot, font, shapes } = picture;
  const canvas = document.createElement('canvas');
  canvas.width = width * density;
  canvas.height = height * density;
  const context = canvas.getContext('2d');
  if (!context) throw noPicture();
  context.scale(density, density);
  const inPlot = new Path2D();
  inPlot.rect(plot.left, plot.top - 4, plot.width, plot.height + 8);
  for (const shape of shapes) {
    context.save();
    if (shape.kind === 'path' && shape.isClipped) context.clip(inPlot);
    draw(context, shape, font);
    context.restore();
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw noPicture();
  return new Uint8Array(await blob.arrayBuffer());
}

const noPicture = () =>
  new StudioError(
    'picture-refused',
    'The browser makes no PNG of the chart.',
    'Export it as SVG, which needs no canvas.',
  );

function draw(context: CanvasRenderingContext2D, shape: Shape, font: string): void {
  switch (shape.kind) {
    case 'rect':
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
      return;
    case 'path':
      context.strokeStyle = shape.stroke;
      context.globalAlpha = shape.opacity;
      context.lineWidth = shape.strokeWidth;
      context.lineJoin = 'round';
      context.setLineDash(shape.dash.split(' ').filter(Boolean).map(Number));
      context.stroke(new Path2D(shape.d));
      return;
    case 'circle':
      context.fillStyle = shape.fill;
      context.beginPath();
      context.arc(shape.x, shape.y, shape.r, 0, 2 * Math.PI);
      context.fill();
      return;
    case 'text':
      context.fillStyle = shape.fill;
      context.font = `${shape.weight} ${shape.size}px ${font}`;
      context.textAlign = anchors[shape.anchor];
      context.direction = 'ltr';
      context.fillText(shape.text, shape.x, shape.y);
      return;
    default:
      shape satisfies never;
  }
}

const anchors = { start: 'left', middle: 'center', end: 'right' } as const;
