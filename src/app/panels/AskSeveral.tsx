/** Several saved adapters asked at once: every text to each (AdapterHub's Parallel), or each line to its own (BatchSplit). */
import type { AdapterSummary, Commands } from '../../protocol/types';
import { formatAnswer } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useExampleTexts } from '../store/example-texts';
import { useDraft } from '../store/use-draft';
import { BusyButton } from './BusyButton';
import { CheckField, SelectField } from './fields';

type Block = Commands['predictJointly']['request']['block'];

const blocks: readonly { readonly value: Block; readonly label: string; readonly help: string }[] = [
  { value: 'Parallel', label: 'To every adapter', help: 'One text a line; every adapter answers each.' },
  {
    value: 'BatchSplit',
    label: 'Line by line',
    help: 'The first line goes to the first adapter, the second to the second, in one batch.',
  },
];

export function AskSeveral({ adapters }: { readonly adapters: readonly AdapterSummary[] }) {
  const studio = useStudio();
  const asking = useStudioState((s) => s.pending.includes('ask several'));
  const answers = useStudioState((s) => s.jointPredictions);
  const [ticked, setTicked] = useDraft<readonly string[]>('several adapters', []);
  const [typed, setTyped] = useDraft<string | null>('several texts', null);
  const examples = useExampleTexts(adapters.find(({ id }) => ticked.includes(id)) ?? adapters[0]);
  const text = typed ?? examples.slice(0, 2).join('\n');
  const [block, setBlock] = useDraft<Block>('several block', 'Parallel');
  const ids = adapters.map(({ id }) => id).filter((id) => ticked.includes(id));
  const texts = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const problem = problemOf(ids.length, texts.length, block);
  return (
    <form
      className="try-form"
      aria-label="Ask several adapters"
      onSubmit={(event) => {
        event.preventDefault();
        void studio.predictJointly(ids, texts, block);
      }}
    >
      <fieldset className="choices stacked">
        <legend>Adapters</legend>
        {adapters.map(({ id, name, method }) => (
          <CheckField
            key={id}
            label={`${name}, ${method}`}
            checked={ticked.includes(id)}
            onChange={(checked) => setTicked(checked ? [...ticked, id] : ticked.filter((one) => one !== id))}
          />
        ))}
      </fieldset>
      <label htmlFor="several-texts">Texts, one a line</label>
      <textarea id="several-texts" rows={3} value={text} onChange={(event) => setTyped(event.target.value)} />
      <SelectField
        label="Texts go"
        value={block}
        options={blocks}
        help={blocks.find(({ value }) => value === block)?.help}
        onChange={(value) => setBlock(value as Block)}
      />
      {problem && <p className="field-help">{problem}</p>}
      <BusyButton type="submit" className="button" disabled={problem !== null} isBusy={asking}>
        Ask them
      </BusyButton>
      {answers && (
        <section className="table-scroll" aria-label="Answers" aria-live="polite">
          <table>
            <thead>
              <tr>
                <th scope="col">Text</th>
                <th scope="col">Adapter</th>
                <th scope="col">Answer</th>
              </tr>
            </thead>
            <tbody>
              {answers.map(({ adapterId, text: asked, prediction }, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same text may be asked twice, and rows never move
                <tr key={i}>
                  <td>{asked}</td>
                  <td>{adapters.find(({ id }) => id === adapterId)?.name ?? 'deleted'}</td>
                  <td>{formatAnswer(prediction)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </form>
  );
}

function problemOf(adapters: number, texts: number, block: Block): string | null {
  if (adapters < 2) return 'Tick at least two adapters of one base model.';
  if (texts === 0) return 'Type a text.';
  if (block === 'BatchSplit' && texts !== adapters)
    return `Line by line, ${adapters} adapters need ${adapters} lines; there are ${texts}.`;
  return null;
}
