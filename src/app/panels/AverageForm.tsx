/** Several adapters of one method made into one: the average, task arithmetic, or the average of LoRA's products. */
import { useState } from 'react';
import type { AdapterSummary, AveragingStrategy } from '../../protocol/types';
import { useStudio, useStudioState } from '../store/context';
import { CheckField, SelectField } from './fields';

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

export function AverageForm({ adapters }: { readonly adapters: readonly AdapterSummary[] }) {
  const studio = useStudio();
  const working = useStudioState((s) => s.pending.includes('average'));
  const [weights, setWeights] = useState<Readonly<Record<string, string>>>({});
  const [strategy, setStrategy] = useState<AveragingStrategy>('linear');
  const [normalize, setNormalize] = useState(true);
  const chosen = adapters.filter(({ id }) => (weights[id] ?? '').trim() !== '');
  const numbers = chosen.map(({ id }) => Number(weights[id]));
  const ready = chosen.length >= 2 && numbers.every(Number.isFinite);
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
