/** Where a step of a run stands on the x axis: its number, its epoch, the samples or the seconds until then. Pure functions. */
import { runLength } from '../../runs/schedule';
import type { RunSeries } from '../store/series';
import type { Axis, RunSummary } from '../store/state';

type Place = (step: number) => number;

export function placeOf(axis: Axis, run: RunSummary, series: RunSeries): Place {
  switch (axis) {
    case 'step':
      return (step) => step;
    case 'epoch': {
      const { batchesPerEpoch } = lengthOf(run);
      const batchesAt = batchesBy(run);
      return (step) => batchesAt(step) / batchesPerEpoch;
    }
    case 'samples': {
      const { trainRows } = run.dataset;
      const { batchesPerEpoch } = lengthOf(run);
      const batchesAt = batchesBy(run);
      // The last batch of an epoch has what is left of the rows.
      return (step) => {
        const batches = batchesAt(step);
        const epochs = Math.floor(batches / batchesPerEpoch);
        return epochs * trainRows + (batches - epochs * batchesPerEpoch) * run.settings.batchSize;
      };
    }
    case 'time':
      return secondsBy(run, series);
    default:
      return axis satisfies never;
  }
}

const lengthOf = ({ settings, dataset }: RunSummary) => runLength(settings, Math.max(1, dataset.trainRows));

function batchesBy(run: RunSummary): Place {
  const { batches } = lengthOf(run);
  return (step) => Math.min(step * run.settings.gradientAccumulationSteps, batches);
}

/** Whether the page saw the run step by step, so that the time of its steps is known and not taken as even. */
export function isTimed(run: RunSummary, { steps, clock }: RunSeries): boolean {
  if (clock.steps.length === 0) return false;
  const mostSeconds = Math.max(1, 0.02 * run.elapsedSeconds);
  const knownSteps = [0, ...clock.steps, steps.at(-1) ?? 0];
  const knownSeconds = [0, ...clock.seconds, run.elapsedSeconds];
  return (
    clock.steps.every((step, i) => {
      const isOneStep = step - knownSteps[i]! <= 1;
      return isOneStep || knownSeconds[i + 1]! - knownSeconds[i]! <= mostSeconds;
    }) && knownSteps.at(-1)! - knownSteps.at(-2)! <= 1
  );
}

/** Straight between what is known: the beginning, what the clock of this page saw, and the end. */
function secondsBy(run: RunSummary, { clock }: RunSeries): Place {
  const steps = [0, ...clock.steps];
  const seconds = [0, ...clock.seconds];
  if (run.step > steps.at(-1)! && run.elapsedSeconds >= seconds.at(-1)!) {
    steps.push(run.step);
    seconds.push(run.elapsedSeconds);
  }
  let i = 1;
  return (step) => {
    if (steps.length < 2) return 0;
    if (step < steps[i - 1]!) i = 1;
    while (i < steps.length - 1 && steps[i]! < step) i += 1;
    const share = (step - steps[i - 1]!) / (steps[i]! - steps[i - 1]!);
    return seconds[i - 1]! + share * (seconds[i]! - seconds[i - 1]!);
  };
}
