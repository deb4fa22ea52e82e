/** What the form opens with on an executor, and why. */
import { adapterMethods } from '../../adapters/registry';
import type { ComputingDescription } from '../../protocol/types';
import type { ExecutorInfo } from '../../runs/record';
import { defaultSettings, type RunSettings } from '../../runs/settings';
import type { Trial } from './readiness';
import { evaluationCost } from './remaining';

/** Rows that a software adapter trains on unless the person asks for more: a minute or two instead of an hour. */
const softwareAdapterRows = 512;

/** However slow the machine is. */
const fewestRows = 64;

/** A few minutes, in which a first run should end. */
const openingSeconds = 300;

/** Rows of the data set that the form opens with. */
export interface OpeningRows {
  readonly train: number;
  readonly validation: number;
}

export function openingFor(
  { executor, adapter, isSoftwareAdapter }: ExecutorInfo,
  trial: Trial | 'under way' | null,
  rows: OpeningRows,
): Pick<ComputingDescription, 'defaults' | 'notice'> {
  const { id, defaultConfig } = adapterMethods[0]!;
  const defaults: RunSettings = { ...defaultSettings, method: id, methodConfig: defaultConfig ?? {} };
  if (!isSoftwareAdapter) return { defaults, notice: null };
  if (executor !== 'onnx')
    return {
      defaults: { ...defaults, baseModel: 'roberta-tiny', trainingRows: softwareAdapterRows },
      notice: `This browser computes on a software adapter (${adapter}), much slower than a graphics card. So the form opens with roberta-tiny and ${softwareAdapterRows} training rows; both can be changed.`,
    };
  if (!trial || trial === 'under way')
    return {
      defaults: { ...defaults, trainingRows: softwareAdapterRows },
      notice: trial
        ? `This machine’s processor computes. How many rows it trains in a few minutes is being tried; the form begins with ${softwareAdapterRows}.`
        : `This machine’s processor computes. The form begins with ${softwareAdapterRows} training rows; they can be changed.`,
    };
  const trainingRows = rowsFor(trial, defaults.epochs, rows);
  const perEpoch = (trainingRows ?? rows.train) + evaluationCost * rows.validation;
  const minutes = Math.ceil((defaults.epochs * perEpoch) / trial.rowsPerSecond / 60);
  return {
    defaults: { ...defaults, trainingRows },
    notice: `This machine’s processor computes: in a trial ${trial.baseModel} trained ${trial.rowsPerSecond.toPrecision(2)} rows a second. So the form opens with ${trainingRows === null ? 'all' : trainingRows} training rows, about ${minutes} minute${minutes === 1 ? '' : 's'} for ${defaults.epochs} epochs; they can be changed.`,
  };
}

/** As many as the time allows with the evaluations at the epochs' ends, in two digits; null for all. */
export function rowsFor({ rowsPerSecond }: Trial, epochs: number, rows: OpeningRows): number | null {
  const perEpoch = (openingSeconds / epochs) * rowsPerSecond - evaluationCost * rows.validation;
  if (perEpoch >= rows.train) return null;
  const whole = Math.max(perEpoch, fewestRows);
  const unit = 10 ** (Math.floor(Math.log10(whole)) - 1);
  return Math.floor(whole / unit) * unit;
}
