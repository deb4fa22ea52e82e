/** Several adapters of one method made into one: the average, task arithmetic, or the average of LoRA's products. */
import type { AdapterSummary, AveragingStrategy } from '../../protocol/types';
import { useStudio, useStudioState } from '../store/context';
import { useDraft } from '../store/use-draft';
import { CheckField, NumberField, SelectField } from './fields';

const strategies: readonly {
  readonly value: AveragingStrategy;
  readonly label: string;
  readonly help: string;
}[] = [
  { value: 'linear', label: 'Every number', help: 'The weighted sum of all tensors.' },
  {
    value: 'lora_delta_w_svd',
    label: 'LoRA’s products',
    help: 'The weighted sum of B·A, cut to the rank by its singular values: the true average of what LoRA adds.',
  },
  {
    value: 'lora_linear_only_negate_b',
    label: 'LoRA, negating B only',
    help: 'For subtracting a skill: A with the weight’s size, B with its sign.',
  },
];

/** Adapters whose A and B are factors of one update. */
const lowRankMethods: ReadonlySet<string> = new Set(['lora', 'lora_fa', 'dora', 'mtl_lora', 'peft_lora']);

const problemOfRank = (typed: string): string | null =>
  typed.trim() === '' || (Number.isInteger(Number(typed)) && Number(typed) > 0)
    ? null
    : 'Rank of the result must be a whole number above 0.';

export function AverageForm({ adapters }: { readonly adapters: readonly AdapterSummary[] }) {
  const studio = useStudio();
  const working = useStudioState((s) => s.pending.includes('average'));
  const [weights, setWeights] = useDraft<Readonly<Record<string, string>>>('average weights', {});
  const [strategy, setStrategy] = useDraft<AveragingStrategy>('average strategy', 'linear');
  const [normalize, setNormalize] = useDraft('average normalize', true);
  const [rank, setRank] = useDraft('average rank', '');
  const chosen = adapters.filter(({ id }) => (weights[id] ?? '').trim() !== '');
  const numbers = chosen.map(({ id }) => Number(weights[id]));
  const products = strategy === 'lora_delta_w_svd';
  const rankProblem = products ? problemOfRank(rank) : null;
  const ready = chosen.length >= 2 && numbers.every(Number.isFinite) && rankProblem === null;
  // A and B apart are not what LoRA adds: the mean of products is another matrix than the product of means.
  const isApart = strategy === 'linear' && chosen.some(({ method }) => lowRankMethods.has(method));
  return (
    <form
      className="average"
      onSubmit={(event) => {
        event.preventDefault();
        void studio.averageAdapters(
          chosen.map(({ id }) => id),
          numbers,
          strategy,
          normalize,
          products && rank.trim() !== '' ? Number(rank) : null,
        );
      }}
    >
      <p className="field-help">
        Give a weight to two or more adapters of the same method and base model. Empty ones are left out.
      </p>
      <ul className="average-weights">
        {adapters.map(({ id, name, method }) => (
          <li key={id}>
            <label htmlFor={`weight-${id}`}>
              {name} <span className="muted">{method}</span>
            </label>
            <input
              id={`weight-${id}`}
              type="number"
              step="any"
              value={weights[id] ?? ''}
              onChange={(event) => setWeights({ ...weights, [id]: event.target.value })}
            />
          </li>
        ))}
      </ul>
      <SelectField
        label="What is averaged"
        value={strategy}
        options={strategies}
        help={strategies.find(({ value }) => value === strategy)?.help}
        onChange={(value) => setStrategy(value as AveragingStrategy)}
      />
      {isApart && (
        <ul className="cautions" aria-label="Good to know about averaging">
          <li>
            For LoRA this averages A and B apart, as AdapterHub does, which is not the average of what the
            adapters add. “LoRA’s products” is.
          </li>
        </ul>
      )}
      {products && (
        <NumberField
          label="Rank of the result"
          value={rank}
          problem={rankProblem}
          placeholder="that of the first"
          help="More keeps more of the sum; the sum of two adapters has at most the sum of their ranks."
          step="1"
          onChange={setRank}
        />
      )}
      <CheckField
        label="Weights sum to 1"
        checked={normalize}
        onChange={setNormalize}
        help="Off for task arithmetic, where skills are added and subtracted."
      />
      <button type="submit" className="button" disabled={!ready || working}>
        Average them
      </button>
    </form>
  );
}
