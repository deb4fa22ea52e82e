/** The runs on the charts, by colour and dash; each can be hidden, or shown alone. */
import { Focus } from 'lucide-react';
import type { RunSummary } from '../store/state';
import type { RunStyles } from './chart-specs';
import { type RunStyle, styleOfRun } from './palette';

interface LegendProps {
  readonly runs: readonly RunSummary[];
  readonly styles: RunStyles;
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (hidden: ReadonlySet<string>) => void;
}

export function Legend({ runs, styles, hidden, onHide }: LegendProps) {
  const others = (id: string) => runs.filter((run) => run.id !== id).map((run) => run.id);
  const isAlone = (id: string) => !hidden.has(id) && others(id).every((other) => hidden.has(other));
  return (
    <ul className="legend" aria-label="Runs on the chart">
      {runs.map(({ id, name }) => (
        <li key={id} data-hidden={hidden.has(id)}>
          <button
            type="button"
            className="legend-run"
            aria-pressed={!hidden.has(id)}
            title={hidden.has(id) ? 'Show it again' : 'Hide it'}
            onClick={() => onHide(toggled(hidden, id))}
          >
            <Swatch style={styles.get(id) ?? styleOfRun(0)} /> <span className="legend-name">{name}</span>
          </button>
          {runs.length > 1 && (
            <button
              type="button"
              className="legend-only"
              aria-pressed={isAlone(id)}
              aria-label={`Only ${name}`}
              title={isAlone(id) ? 'Show all runs again' : 'Show this run alone'}
              onClick={() => onHide(new Set(isAlone(id) ? [] : others(id)))}
            >
              <Focus size={13} aria-hidden />
            </button>
          )}
        </li>
      ))}
      <li className="muted">line: training, dots: validation</li>
    </ul>
  );
}

function toggled(hidden: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function Swatch({ style }: { readonly style: RunStyle }) {
  return (
    <svg className="swatch" width="22" height="8" aria-hidden>
      <line x1="1" y1="4" x2="21" y2="4" stroke={style.colour} strokeWidth="3" strokeDasharray={style.dash} />
    </svg>
  );
}
