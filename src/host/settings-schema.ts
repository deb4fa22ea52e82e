/**
 * What a run's settings must satisfy. The form asks for the same bounds before it
 * sends; this is for everything else that can send.
 */
import * as v from 'valibot';
import { StudioError } from '../errors';
import type { RunSettings } from '../runs/settings';

const positiveInteger = (maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximum));
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const settingsSchema = v.object({
  learningRate: v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(10)),
  epochs: v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1000)),
  batchSize: positiveInteger(1024),
  maxLength: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(512)),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)),
  trainingRows: v.nullable(positiveInteger(10_000_000)),
  weightDecay: v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1)),
  warmupSteps: wholeNumber,
  maxGradNorm: v.pipe(v.number(), v.finite(), v.minValue(0)),
  gradientAccumulationSteps: positiveInteger(1024),
  evaluateEverySteps: wholeNumber,
  evaluationBatchSize: positiveInteger(1024),
  baseStorage: v.picklist(['checkpoint', 'f32', 'f16', 'int8']),
  recompute: v.boolean(),
  labelSmoothing: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
});

/** Throws `bad-setting` naming the first field that cannot be used. */
export function checkSettings(settings: RunSettings): void {
  const result = v.safeParse(settingsSchema, settings);
  if (result.success) return;
  const [issue] = result.issues;
  const field = issue.path?.[0]?.key ?? 'settings';
  throw new StudioError(
    'bad-setting',
    `${String(field)} is ${issue.received}: ${issue.message}`,
    'Correct the field and train again.',
  );
}
