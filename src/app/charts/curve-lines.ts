/** From the runs' lines to what each chart draws. The same run lines give the same chart lines. */
import type { ChartLine } from './LineChart';
import { type RunStyle, styleOfRun } from './palette';
import type { RunLines } from './run-lines';

/** Raw traces of more runs than this are a fog that hides the smoothed ones. */
const maxRawTraces = 6;

interface RunCurveLines {
  readonly loss: readonly ChartLine[];
  readonly accuracy: readonly ChartLine[];
  readonly gradientNorm: readonly ChartLine[];
  readonly learningRate: readonly ChartLine[];
}

interface Curves extends RunCurveLines {
  /** End of the axis that all charts share. */
  readonly xMax: number;
}

interface CurveChoice {
  readonly styles: ReadonlyMap<string, RunStyle>;
  readonly smoothing: number;
  /** The run whose lines still grow. */
  readonly liveRunId: string | null;
}

export function curvesOf(lines: readonly RunLines[], choice: CurveChoice): Curves {
  const withRaw = choice.smoothing > 0 && lines.length <= maxRawTraces;
  const curves = lines.map((runLines) => curvesOfRun(runLines, choice, withRaw));
  return {
    // Raw traces behind everything else.
    loss: [...curves.flatMap(({ raw }) => raw), ...curves.flatMap(({ loss }) => loss)],
    xMax: Math.max(
      0,
      ...lines.map(({ raw, accuracy }) => Math.max(raw.at(-1)?.x ?? 0, accuracy.at(-1)?.x ?? 0)),
    ),
    accuracy: curves.flatMap(({ accuracy }) => accuracy),
    gradientNorm: curves.flatMap(({ gradientNorm }) => gradientNorm),
    learningRate: curves.flatMap(({ learningRate }) => learningRate),
  };
}

interface RunCurves extends RunCurveLines {
  readonly raw: readonly ChartLine[];
  readonly madeFor: string;
}

const known = new WeakMap<RunLines, RunCurves>();

function curvesOfRun(lines: RunLines, { styles, liveRunId }: CurveChoice, withRaw: boolean): RunCurves {
  const { runId, name } = lines;
  const style = styles.get(runId) ?? styleOfRun(0);
  const growing = runId === liveRunId;
  const madeFor = `${style.colour} ${style.dash} ${growing} ${withRaw}`;
  const before = known.get(lines);
  if (before?.madeFor === madeFor) return before;
  const line = (
    metric: string,
    points: ChartLine['points'],
    look: ChartLine['look'],
    ofRun = name,
  ): ChartLine => ({
    key: `${runId} ${metric}`,
    name: ofRun,
    points,
    style,
    look,
    growing,
  });
  const made: RunCurves = {
    madeFor,
    raw: withRaw ? [line('raw', lines.raw, 'faint')] : [],
    loss: [
      line('training', lines.smoothed, 'line', `${name}, training`),
      line('validation', lines.validationLoss, 'points', `${name}, validation`),
    ],
    accuracy: [line('accuracy', lines.accuracy, 'points')],
    gradientNorm: [line('gradient norm', lines.gradientNorm, 'line')],
    learningRate: [line('learning rate', lines.learningRate, 'line')],
  };
  known.set(lines, made);
  return made;
}
