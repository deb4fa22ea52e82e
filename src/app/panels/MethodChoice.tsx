/** The method: grouped by family, with what it is, what it would train, and what to know before. */
import { useEffect, useState } from 'react';
import { type MethodDescription, methodFamilies } from '../../adapters/method';
import type { MemoryEstimate, SettingsDescription } from '../../protocol/types';
import { formatBytes, formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { FormValues } from '../store/form';
import { cautionsOf } from '../store/method-form';
import { GroupedSelectField } from './fields';

interface MethodChoiceProps {
  readonly form: FormValues;
  readonly methods: readonly MethodDescription[];
  readonly disabled: boolean;
  /** What trains is a fusion of saved adapters; the method does not apply. */
  readonly fuses: boolean;
}

const heading = (family: string) => `${family[0]!.toUpperCase()}${family.slice(1)}`;

export function MethodChoice({ form, methods, disabled, fuses }: MethodChoiceProps) {
  const studio = useStudio();
  const method = methods.find(({ id }) => id === form.method);
  const onnx = useStudioState((s) => s.description?.executor.executor === 'onnx');
  const described = useDescription(form, onnx);
  const cautions = cautionsOf(form, methods);
  return (
    <>
      <GroupedSelectField
        label="Method"
        value={form.method}
        groups={methodFamilies.map((family) => ({
          label: heading(family),
          options: methods
            .filter((m) => m.family === family)
            .map(({ id, title }) => ({ value: id, label: title })),
        }))}
        onChange={(id) => studio.edit({ method: id })}
        disabled={disabled || fuses}
        help={
          fuses
            ? 'A fusion of saved adapters trains no method of its own.'
            : method && `${method.summary} ${method.paper}.`
        }
      />
      {described?.problem ? (
        <p className="field-problem">{described.problem}</p>
      ) : (
        described && (
          <p className="field-help">
            {formatCount(described.trainableParameters)} numbers train, the head’s included; the adapter’s
            file will hold {formatBytes(described.downloadBytes)}.
            {described.memory && ` ${memorySentence(described.memory, onnx)}`}
          </p>
        )
      )}
      {described?.caution && <p className="field-problem">{described.caution}</p>}
      {!fuses && cautions.length > 0 && (
        <ul className="cautions" aria-label="Good to know">
          {cautions.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

const typingPauseMs = 250;

/** What a batch of the longest texts needs, and what most of it is for. */
function memorySentence(memory: MemoryEstimate, onnx: boolean): string {
  const { totalBytes, frozenBytes, activationBytes, parameterBytes } = memory;
  const kinds = [
    `${formatBytes(frozenBytes)} base model`,
    `${formatBytes(activationBytes)} activations`,
    `${formatBytes(parameterBytes)} parameters and optimizer`,
  ];
  return `At most ${formatBytes(totalBytes)} of ${onnx ? '' : 'graphics '}memory: ${kinds.join(', ')}.`;
}

/** What the form's settings would train; asked for once typing rests. */
function useDescription(form: FormValues, onnx: boolean): SettingsDescription | null {
  const studio = useStudio();
  const [described, setDescribed] = useState<SettingsDescription | null>(null);
  const { methodValues, ...choices } = form;
  const key = JSON.stringify([choices, methodValues[form.method], onnx]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` is what the answer depends on
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      void studio.describeSettings().then((answer) => {
        if (isCurrent) setDescribed(answer);
      });
    }, typingPauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key]);
  return described;
}
