/** How places on the x axis are told. */
import { formatCount, formatDuration } from '../format';
import type { Axis } from '../store/state';
import type { PlaceUnit } from './axes';

interface PlaceWords {
  readonly title: string;
  readonly unit: PlaceUnit;
  readonly format: (x: number) => string;
  /** Within a sentence. */
  readonly inWords: (x: number) => string;
}

const formatEpoch = (epoch: number) => String(Number(epoch.toFixed(2)));

export const placeWords: Readonly<Record<Axis, PlaceWords>> = {
  step: { title: 'Step', unit: 'count', format: formatCount, inWords: (x) => `step ${formatCount(x)}` },
  epoch: { title: 'Epoch', unit: 'number', format: formatEpoch, inWords: (x) => `epoch ${formatEpoch(x)}` },
  samples: {
    title: 'Samples',
    unit: 'count',
    format: formatCount,
    inWords: (x) => `sample ${formatCount(x)}`,
  },
  time: { title: 'Time', unit: 'seconds', format: formatDuration, inWords: formatDuration },
};

/** The title of the axis. No record keeps when a step was done: only what this page saw is known. */
export const axisTitle = (axis: Axis, isTimed: boolean): string =>
  axis === 'time'
    ? `Training time${isTimed ? '' : ', taken as even over the steps'}`
    : placeWords[axis].title;
