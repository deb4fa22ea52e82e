/** How the curves are drawn: axis, smoothing, scale, table. */
import { useStudio, useStudioState } from '../store/context';
import type { Axis } from '../store/state';
import { CheckField } from './fields';

export const axisWords: Readonly<Record<Axis, string>> = { step: 'Step', epoch: 'Epoch', time: 'Time' };

interface ChartOptionsProps {
  readonly asTable: boolean;
  readonly onAsTable: (asTable: boolean) => void;
}

export function ChartOptions({ asTable, onAsTable }: ChartOptionsProps) {
  const studio = useStudio();
  const { axis, smoothing, logScale } = useStudioState((s) => s.chart);
  return (
    <div className="chart-options">
      <label>
        Smoothing
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smoothing}
          aria-valuetext={smoothing.toFixed(2)}
          onChange={(event) => studio.setChart({ smoothing: Number(event.target.value) })}
        />
        <span className="count" aria-hidden>
          {smoothing.toFixed(2)}
        </span>
      </label>
      <fieldset className="segments" aria-label="Axis">
        {(Object.keys(axisWords) as Axis[]).map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="axis"
              checked={axis === value}
              onChange={() => studio.setChart({ axis: value })}
            />
            <span>{axisWords[value]}</span>
          </label>
        ))}
      </fieldset>
      <CheckField
        label="Log scale"
        checked={logScale}
        onChange={(checked) => studio.setChart({ logScale: checked })}
      />
      <CheckField label="Show as table" checked={asTable} onChange={onAsTable} />
    </div>
  );
}
