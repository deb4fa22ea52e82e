/** Every chart as a file: a drawing for documents that scale, or pixels for those that do not. */
import type { FileDownload } from '../../protocol/types';
import { exportChart } from '../actions/page-actions';
import { useStudio } from '../store/context';
import type { Axis } from '../store/state';
import type { RunStyles } from './chart-specs';
import type { ChartLayout } from './layout';
import { Menu } from './Menu';
import { styleOfRun } from './palette';
import { type Drawing, type PictureParts, pictureOf } from './picture';
import { pngOf } from './picture-png';
import { svgOf } from './picture-svg';
import { placeWords } from './place-words';
import type { RunLines } from './run-lines';

export interface ExportedChart extends PictureParts {
  readonly id: string;
}

/** What is on the page now: the zoom, the runs that are not hidden, the charts that are not empty. */
export function exportedCharts(
  { specs, places, values }: ChartLayout,
  lines: readonly RunLines[],
  styles: RunStyles,
  axis: Axis,
  axisTitle: string,
): readonly ExportedChart[] {
  return specs.flatMap((spec, i) => {
    if (spec.isEmpty) return [];
    const looks = new Set(spec.lines.map(({ look }) => look));
    return {
      id: spec.id,
      title: spec.title,
      description: spec.trends(placeWords[axis].inWords).join(' '),
      lines: spec.lines,
      places,
      values: values[i]!,
      axisTitle,
      runs: lines.map(({ run }) => ({ name: run.name, style: styles.get(run.id) ?? styleOfRun(0) })),
      note: looks.has('line') && looks.has('points') ? 'line: training, dots: validation' : '',
    };
  });
}

interface ExportMenuProps {
  /** Asked for when it opens. */
  readonly charts: () => readonly ExportedChart[];
}

export function ExportMenu({ charts }: ExportMenuProps) {
  const studio = useStudio();
  return (
    <Menu id="export" action={exportChart}>
      {(close) =>
        charts().map((chart) => (
          <div className="menu-row" key={chart.id}>
            <span>{chart.title}</span>
            {(['svg', 'png'] as const).map((format) => (
              <button
                key={format}
                type="button"
                className="button small"
                aria-label={`${chart.title} as ${format.toUpperCase()}`}
                onClick={() => {
                  close();
                  void studio.saveChart(() => fileOf(chart, format));
                }}
              >
                {format.toUpperCase()}
              </button>
            ))}
          </div>
        ))
      }
    </Menu>
  );
}

async function fileOf(chart: ExportedChart, format: 'svg' | 'png'): Promise<FileDownload> {
  const picture = pictureOf(chart, drawing());
  const bytes = format === 'svg' ? new TextEncoder().encode(svgOf(picture)) : await pngOf(picture);
  const [only] = chart.runs;
  const of = chart.runs.length === 1 && only ? only.name : 'runs';
  return { fileName: `${of}-${chart.id}.${format}`, bytes };
}

/** With the page's colours as they are now, and its fonts. */
function drawing(): Drawing {
  const page = getComputedStyle(document.documentElement);
  const font = getComputedStyle(document.body).fontFamily;
  const context = document.createElement('canvas').getContext('2d');
  return {
    colour: (css) => {
      const [, name] = /^var\((--[\w-]+)\)$/.exec(css) ?? [];
      return name ? page.getPropertyValue(name).trim() : css;
    },
    font,
    widthOf: (text, size) => {
      if (!context) return text.length * size * 0.6;
      context.font = `${size}px ${font}`;
      return context.measureText(text).width;
    },
  };
}
