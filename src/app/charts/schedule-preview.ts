/** The learning rate of every step of a run that is not yet there, as its form has it. Pure functions. */
import { runLength, scheduleFactor } from '../../runs/schedule';
import type { RunSettings } from '../../runs/settings';
import { formatCount, formatNumber } from '../format';
import type { Curve } from './curve';

export type ScheduleSettings = Pick<
  RunSettings,
  | 'learningRate'
  | 'epochs'
  | 'batchSize'
  | 'gradientAccumulationSteps'
  | 'trainingRows'
  | 'warmupSteps'
  | 'scheduler'
>;

export interface SchedulePreview {
  /** Rates over steps from 1, at the ends of the warm-up and of the run and at points between. */
  readonly curve: Curve;
  readonly totalSteps: number;
  readonly words: string;
}

/** As many as a form is wide. */
const maxPoints = 160;

/** `rows` of the training split. */
export function schedulePreview(settings: ScheduleSettings, rows: number): SchedulePreview {
  const { scheduler, warmupSteps, learningRate, trainingRows } = settings;
  const { totalSteps } = runLength(settings, Math.max(1, Math.min(rows, trainingRows ?? rows)));
  const knee = [warmupSteps - 1, warmupSteps, warmupSteps + 1].filter((t) => t > 0 && t < totalSteps);
  const count = Math.min(maxPoints, totalSteps);
  const evenly = Array.from({ length: count }, (_, i) =>
    Math.round((i * (totalSteps - 1)) / Math.max(1, count - 1)),
  );
  const steps = [...new Set([...evenly, ...knee])].sort((a, b) => a - b);
  const rateOf = (t: number) => learningRate * scheduleFactor(scheduler, t, totalSteps, warmupSteps);
  return {
    curve: { x: steps.map((t) => t + 1), y: steps.map(rateOf) },
    totalSteps,
    words: wordsOf(settings, totalSteps, rateOf(totalSteps - 1)),
  };
}

const after: Readonly<Record<RunSettings['scheduler'], string>> = {
  linear: 'falls evenly to 0',
  cosine: 'falls to 0 along a cosine',
  constant: 'stays',
};

function wordsOf(
  { scheduler, warmupSteps, learningRate }: ScheduleSettings,
  totalSteps: number,
  lastRate: number,
): string {
  const steps = `${formatCount(totalSteps)} step${totalSteps === 1 ? '' : 's'}`;
  const rate = formatNumber(learningRate);
  if (warmupSteps >= totalSteps)
    return `The warm-up is longer than the run: the rate rises to ${formatNumber(lastRate)} in its ${steps}, never to ${rate}.`;
  const warmUp =
    warmupSteps > 0
      ? `rises to ${rate} in ${formatCount(warmupSteps)} steps, then `
      : `begins at ${rate} and `;
  return `Over ${steps} the rate ${warmUp}${after[scheduler]}.`;
}
