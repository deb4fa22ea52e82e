/** Type a sentence, see every label with its score. */
import { useState } from 'react';
import { formatPercent } from '../format';
import { useStudio, useStudioState } from '../store/context';

export function TryPanel() {
  const studio = useStudio();
  const adapters = useStudioState((s) => s.adapters);
  const result = useStudioState((s) => s.predictions);
  const predicting = useStudioState((s) => s.pending.includes('predict'));
  const [text, setText] = useState('I am Good');
  const [chosen, setChosen] = useState<string | null>(null);
  const adapterId = adapters.some(({ id }) => id === chosen) ? chosen : (adapters[0]?.id ?? null);
  return (
    <section className="panel" aria-label="Try it" id="try-it">
      <div className="panel-head">
        <h2>Try it</h2>
      </div>
      {adapterId === null ? (
        <p className="empty">Once an adapter is trained, type a sentence here and see what it says.</p>
      ) : (
        <form
          className="try-form"
          onSubmit={(event) => {
            event.preventDefault();
            void studio.predict(adapterId, text);
          }}
        >
          <label htmlFor="try-text">Text to classify</label>
          <textarea
            id="try-text"
            rows={2}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
          <div className="actions">
            <select
              aria-label="Adapter to try"
              value={adapterId}
              onChange={(event) => setChosen(event.target.value)}
            >
              {adapters.map(({ id, name, datasetName }) => (
                <option key={id} value={id}>
                  {name} ({datasetName})
                </option>
              ))}
            </select>
            <button type="submit" className="button primary" disabled={predicting || text.trim() === ''}>
              Predict
            </button>
          </div>
          {result && <Scores {...result.prediction} text={result.text} />}
        </form>
      )}
    </section>
  );
}

interface ScoresProps {
  readonly text: string;
  readonly labels: readonly { readonly label: string; readonly score: number }[];
  readonly tokens: number;
  readonly truncated: boolean;
}

function Scores({ text, labels, tokens, truncated }: ScoresProps) {
  const best = Math.max(...labels.map(({ score }) => score));
  return (
    <section aria-label="Prediction" aria-live="polite">
      <p className="field-help">
        “{text}”, {tokens} tokens{truncated ? ', cut at the max length of its training' : ''}
      </p>
      <ul className="scores">
        {labels.map(({ label, score }) => (
          <li key={label} data-best={score === best}>
            <span className="label-name">{label}</span>
            <span className="bar-track" aria-hidden>
              <span className="bar" style={{ width: `${100 * score}%` }} />
            </span>
            <span className="count">{formatPercent(score)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
