/** Type a sentence, see every label with its score, or the number. */
import type { Prediction } from '../../protocol/types';
import { formatNumber, formatPercent } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useAdapters } from '../store/present';
import { useDraft } from '../store/use-draft';
import { AskSeveral } from './AskSeveral';
import { BusyButton } from './BusyButton';
import { Disclosure } from './Disclosure';

export function TryPanel() {
  const studio = useStudio();
  const adapters = useAdapters();
  const result = useStudioState((s) => s.predictions);
  const predicting = useStudioState((s) => s.pending.includes('predict'));
  const [text, setText] = useDraft('try text', 'I am Good');
  const [chosen, setChosen] = useDraft<string | null>('try adapter', null);
  // A composition has its own way through the model.
  const single = adapters.filter(({ composed }) => !composed);
  const adapterId = adapters.some(({ id }) => id === chosen) ? chosen : (adapters[0]?.id ?? null);
  return (
    <section className="panel" aria-label="Try it">
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
            if (!predicting) void studio.predict(adapterId, text);
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
            <BusyButton
              type="submit"
              className="button primary"
              disabled={text.trim() === ''}
              isBusy={predicting}
            >
              Predict
            </BusyButton>
          </div>
          {result && <Scores {...result.prediction} text={result.text} />}
        </form>
      )}
      {single.length > 1 && (
        <Disclosure title="Ask several adapters at once">
          <AskSeveral adapters={single} />
        </Disclosure>
      )}
    </section>
  );
}

/** One class is the best; of several labels each stands for itself, and is given from one half on. */
function Scores({ text, task, labels, tokens, truncated, warning }: Prediction & { readonly text: string }) {
  const best = Math.max(...labels.map(({ score }) => score));
  const isGiven = (score: number) => (task === 'multilabel' ? score >= 0.5 : score === best);
  return (
    <section aria-label="Prediction" aria-live="polite">
      <p className="field-help">
        “{text}”, {tokens} tokens{truncated ? ', cut at the max length of its training' : ''}
        {task === 'multilabel' && '; the labels of 50 % or more are given'}
      </p>
      {warning && <p className="field-problem">{warning}</p>}
      {task === 'regression' ? (
        <dl className="predicted-number">
          {labels.map(({ label, score }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{formatNumber(score)}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <ul className="scores">
          {labels.map(({ label, score }) => (
            <li key={label} data-best={isGiven(score)}>
              <span className="label-name">{label}</span>
              <span className="bar-track" aria-hidden>
                <span className="bar" style={{ width: `${100 * score}%` }} />
              </span>
              <span className="count">{formatPercent(score)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
