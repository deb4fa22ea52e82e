/** Where the time of a run goes, in parts that a person is shown. Pure. */

/** In the order in which they come up. */
export const timeParts = {
  preparation: 'Preparation',
  training: 'Training steps',
  evaluation: 'Evaluations',
  checkpoints: 'Checkpoints',
  saving: 'Saving the adapter',
} as const;

export type TimePart = keyof typeof timeParts;

export const timePartIds = Object.keys(timeParts) as readonly TimePart[];

/** Seconds of each part. */
export type RunTimes = Readonly<Record<TimePart, number>>;

export type OtherTimes = Omit<RunTimes, 'training'>;

export const noOtherTimes: OtherTimes = { preparation: 0, evaluation: 0, checkpoints: 0, saving: 0 };

interface TimedRun {
  readonly elapsedSeconds: number;
  readonly otherSeconds?: OtherTimes;
}

/** What is known of a run: of one from before its other parts were kept, the training steps alone. */
export const timesOf = ({ elapsedSeconds, otherSeconds }: TimedRun): Partial<RunTimes> => ({
  ...otherSeconds,
  training: elapsedSeconds,
});

export const totalSeconds = (times: Partial<RunTimes>): number =>
  timePartIds.reduce((sum, part) => sum + (times[part] ?? 0), 0);

/** Whether a total says all of it. */
export const isWhole = (times: Partial<RunTimes>): boolean =>
  timePartIds.every((part) => times[part] !== undefined);
