/** Which charts there are for the runs that are shown, and what each draws. Pure functions. */
import { type MetricName, metrics } from '../../task';
import type { ChartLine } from './chart-line';
import { type Range, xRangeOf } from './curve';
import { formatterOf, type MeasureId, measures } from './measures';
import { type RunStyle, styleOfRun } from './palette';
import type { RunLines } from './run-lines';
import { trendOf } from './trend';

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  /** Names the picture. */
  readonly label: string;
  readonly lines: readonly ChartLine[];
  /** Its values spread over decades: the log scale is for it. */
  readonly isLogarithmic: boolean;
  readonly isShare: boolean;
  readonly bounds?: Range;
  readonly formatValue: (y: number) => string;
  /** A sentence for each run. */
  readonly trends: (wordsOfPlace: (x: number) => string) => readonly string[];
  /** Nothing of it was measured. */
  readonly isEmpty: boolean;
  /** Why, where it is empty. */
  readonly whenEmpty: string;
}

export type RunStyles = ReadonlyMap<string, RunStyle>;

/** What is measured at every step, or with every report, in a chart of its own. */
const alone = {
  learningRate: { isLogarithmic: false, whenEmpty: 'These runs have no record of it.' },
  gradientNorm: { isLogarithmic: true, whenEmpty: 'These runs have no record of it.' },
  samplesPerSecond: {
    isLogarithmic: false,
    whenEmpty: 'It is measured while a run trains in this page, and not kept with the run.',
  },
} as const;

/** The charts of what is to be shown, in the order of the page. */
export function chartSpecs(
  lines: readonly RunLines[],
  styles: RunStyles,
  shown: readonly MeasureId[],
): readonly ChartSpec[] {
  const ofLoss = (['loss', 'validationLoss'] as const).filter((measure) => shown.includes(measure));
  const specs = [
    ...(ofLoss.length > 0 ? [lossSpec(lines, styles, ofLoss)] : []),
    ...(shown.includes('metric') ? metricSpecs(lines, styles) : []),
    ...(['learningRate', 'gradientNorm', 'samplesPerSecond'] as const)
      .filter((measure) => shown.includes(measure))
      .map((measure) => ({
        id: measure,
        title: measures[measure],
        label: measures[measure],
        lines: lines.flatMap((runLines) => drawn(runLines, measure, styles)),
        isShare: false,
        formatValue: formatterOf(measure, 'accuracy'),
        trends: trendsOf(lines, [[measure, measures[measure].toLowerCase(), null]]),
        ...alone[measure],
      })),
  ];
  return specs.map((spec) => ({ ...spec, isEmpty: xRangeOf(spec.lines.map(({ curve }) => curve)) === null }));
}

type FilledSpec = Omit<ChartSpec, 'isEmpty'>;

function lossSpec(
  lines: readonly RunLines[],
  styles: RunStyles,
  shown: readonly ('loss' | 'validationLoss')[],
): FilledSpec {
  const isBoth = shown.length === 2;
  return {
    id: 'loss',
    title: isBoth ? 'Loss' : measures[shown[0]!],
    label: isBoth ? 'Training and validation loss' : measures[shown[0]!],
    lines: lines.flatMap((runLines) => shown.flatMap((measure) => drawn(runLines, measure, styles))),
    isLogarithmic: true,
    isShare: false,
    formatValue: formatterOf('loss', 'accuracy'),
    trends: trendsOf(
      lines,
      shown.map((measure) => [measure, measures[measure].toLowerCase(), 'lower'] as const),
    ),
    whenEmpty: 'It is measured with the first step, and on the validation rows after each epoch.',
  };
}

/** Runs of different tasks have different figures: a chart for each. */
function metricSpecs(lines: readonly RunLines[], styles: RunStyles): readonly FilledSpec[] {
  const names: readonly MetricName[] = [...new Set(lines.map(({ metric }) => metric))];
  return names.map((name) => {
    const ofMetric = lines.filter(({ metric }) => metric === name);
    const { title, isShare, better } = metrics[name];
    return {
      id: name,
      title: `Validation ${title}`,
      label: `Validation ${title}`,
      lines: ofMetric.flatMap((runLines) => drawn(runLines, 'metric', styles)),
      isLogarithmic: false,
      isShare,
      ...(isShare && { bounds: { min: 0, max: 1 } }),
      formatValue: formatterOf('metric', name),
      trends: trendsOf(ofMetric, [['metric', `validation ${title}`, better]]),
      whenEmpty: 'It is measured with the first evaluation.',
    };
  });
}

type Told = readonly [measure: MeasureId, words: string, better: 'lower' | 'higher' | null];

function trendsOf(lines: readonly RunLines[], told: readonly Told[]): ChartSpec['trends'] {
  return (wordsOfPlace) =>
    lines.map((runLines) => {
      const trends = told.flatMap((words) => trendOfRun(runLines, words, wordsOfPlace) ?? []);
      return `${runLines.run.name}: ${trends.join('; ') || `no ${told[0]?.[1]} yet`}.`;
    });
}

/** Of lines that did not change it is known: they were made for one axis. */
const knownTrends = new WeakMap<RunLines, Map<MeasureId, string | null>>();

function trendOfRun(
  runLines: RunLines,
  [measure, what, better]: Told,
  wordsOfPlace: (x: number) => string,
): string | null {
  const ofRun = knownTrends.get(runLines) ?? new Map<MeasureId, string | null>();
  knownTrends.set(runLines, ofRun);
  const known = ofRun.get(measure);
  if (known !== undefined) return known;
  const curve = runLines.curves[measure];
  const formatValue = formatterOf(measure, runLines.metric);
  const trend = curve ? trendOf(curve.smoothed, { what, better, formatValue, wordsOfPlace }) : null;
  ofRun.set(measure, trend);
  return trend;
}

/** The same run lines give the same chart lines, so that unchanged paths are not drawn again. */
const known = new WeakMap<RunLines, Map<MeasureId, readonly ChartLine[]>>();

const partNames: Readonly<Partial<Record<MeasureId, string>>> = {
  loss: ', training',
  validationLoss: ', validation',
};

function drawn(runLines: RunLines, measure: MeasureId, styles: RunStyles): readonly ChartLine[] {
  const { run, curves } = runLines;
  const curve = curves[measure];
  if (!curve) return [];
  const style = styles.get(run.id) ?? styleOfRun(0);
  const ofRun = known.get(runLines) ?? new Map<MeasureId, readonly ChartLine[]>();
  known.set(runLines, ofRun);
  const before = ofRun.get(measure);
  if (before?.[0]?.style === style) return before;
  const name = `${run.name}${partNames[measure] ?? ''}`;
  const look = measure === 'validationLoss' || measure === 'metric' ? 'points' : 'line';
  const line: ChartLine = { key: `${run.id} ${measure}`, name, curve: curve.smoothed, style, look };
  const raw: ChartLine = { ...line, key: `${line.key} raw`, curve: curve.raw, look: 'faint' };
  const made = curve.raw === curve.smoothed ? [line] : [raw, line];
  ofRun.set(measure, made);
  return made;
}
