/** Type a sentence, see every label with its score, or the number. */
import type { Prediction } from '../../protocol/types';
import { formatNumber, formatPercent } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useExampleTexts } from '../store/example-texts';
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
  /** What a person typed; before that a row of the adapter's data stands there. */
  const [typed, setTyped] = useDraft<string | null>('try text', null);
  const [example, setExample] = useDraft('try example', 0);
  const [chosen, setChosen] = useDraft<string | null>('try adapter', null);
  // A composition has its own way through the model.
  const single = adapters.filter(({ composed }) => !composed);
  const adapter = adapters.find(({ id }) => id === chosen) ?? adapters[0];
  const examples = useExampleTexts(adapter);
  const text = typed ?? examples[example % examples.length] ?? '';
  return (
    <section className="panel" aria-label="Try it">
      <div className="panel-head">
        <h2>Try it</h2>
      </div>
      {!adapter ? (
        <p className="empty">Once an adapter is trained, type a sentence here and see what it says.</p>
      ) : (
        <form
          className="try-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!predicting) void studio.predict(adapter.id, text);
          }}
        >
          <div className="try-label">
            <label htmlFor="try-text">Text to classify</label>
            {examples.length > 0 && (
              <button
                type="button"
                className="text-button"
                title="A row of the data that the adapter was trained on"
                onClick={() => {
                  setExample(typed === null ? example + 1 : example);
                  setTyped(null);
                }}
              >
                Another example
              </button>
            )}
          </div>
          <textarea
            id="try-text"
            rows={3}
            value={text}
            placeholder="Type a text as your data has them"
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
          <div className="actions">
            <select
              aria-label="Adapter to try"
              value={adapter.id}
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
              <span className="label-name" title={label}>
                {label}
              </span>
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
