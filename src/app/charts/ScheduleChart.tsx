/** The learning rate over the run that the form describes, drawn while it is edited. */
import { type SettingKey, settingRows } from '../../runs/setting-table';
import { type FormValues, formValueProblem } from '../store/form';
import type { Curve } from './curve';
import { pathOf, placer } from './plot';
import { type ScheduleSettings, schedulePreview } from './schedule-preview';

interface ScheduleChartProps {
  readonly values: FormValues['values'];
  /** Rows of the training split. */
  readonly rows: number;
}

const needed: readonly SettingKey[] = [
  'learningRate',
  'epochs',
  'batchSize',
  'gradientAccumulationSteps',
  'trainingRows',
  'warmupSteps',
  'scheduler',
];

const [width, height] = [300, 56];

export function ScheduleChart({ values, rows }: ScheduleChartProps) {
  const hasProblem = settingRows.some(
    (row) => needed.includes(row.key as SettingKey) && formValueProblem(row, values[row.key as SettingKey]),
  );
  // What is wrong stands beside its field.
  if (hasProblem) return null;
  const { curve, words } = schedulePreview(settingsOf(values), rows);
  return (
    <figure className="schedule">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Learning rate over the run"
      >
        <line x1={0} x2={width} y1={height} y2={height} />
        <path d={lineOf(curve)} />
      </svg>
      <figcaption className="field-help">{words}</figcaption>
    </figure>
  );
}

function settingsOf(values: FormValues['values']): ScheduleSettings {
  const number = (key: SettingKey) => Number(values[key]);
  return {
    learningRate: number('learningRate'),
    epochs: number('epochs'),
    batchSize: number('batchSize'),
    gradientAccumulationSteps: number('gradientAccumulationSteps'),
    trainingRows: String(values.trainingRows).trim() === '' ? null : number('trainingRows'),
    warmupSteps: number('warmupSteps'),
    scheduler: values.scheduler as ScheduleSettings['scheduler'],
  };
}

function lineOf(curve: Curve): string {
  const highest = Math.max(...curve.y);
  const at = placer({
    ...{ left: 0, top: 2, width, height: height - 3, logScale: false },
    ...{ xMin: 1, xMax: Math.max(2, curve.x.at(-1)!), yMin: 0, yMax: highest || 1 },
  });
  return pathOf(curve, [...curve.x.keys()], at);
}
