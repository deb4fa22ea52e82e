/** The method: grouped by what it is good for, with what it would train, and what to know before. */
import { useEffect, useState } from 'react';
import { type MethodDescription, type MethodGroup, methodGroups } from '../../adapters/method';
import type { MemoryEstimate, SettingsDescription } from '../../protocol/types';
import { formatBytes, formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { FormValues } from '../store/form';
import { cautionsOf } from '../store/method-form';
import { Disclosure } from './Disclosure';
import { GroupedSelectField } from './fields';
import { MethodList } from './MethodList';

interface MethodChoiceProps {
  readonly form: FormValues;
  readonly methods: readonly MethodDescription[];
  readonly disabled: boolean;
  /** What trains is a fusion of saved adapters; the method does not apply. */
  readonly fuses: boolean;
}

export function MethodChoice({ form, methods, disabled, fuses }: MethodChoiceProps) {
  const studio = useStudio();
  const method = methods.find(({ id }) => id === form.method);
  const onnx = useStudioState((s) => s.description?.executor.executor === 'onnx');
  const described = useDescription(form, onnx);
  const cautions = cautionsOf(form, methods);
  const isGiven = disabled || fuses;
  const choose = (id: string) => studio.edit({ method: id });
  return (
    <>
      <GroupedSelectField
        label="Method"
        value={form.method}
        groups={(Object.keys(methodGroups) as MethodGroup[]).map((group) => ({
          label: methodGroups[group],
          options: methods
            .filter((m) => m.group === group)
            .map(({ id, title }) => ({ value: id, label: title })),
        }))}
        onChange={choose}
        disabled={isGiven}
        help={fuses ? 'A fusion of saved adapters trains no method of its own.' : method?.plainly}
      />
      {described?.problem ? (
        <p className="field-problem">{described.problem}</p>
      ) : (
        described && (
          <p className="field-help">
            {formatCount(described.trainableParameters)} numbers train; the adapter’s file will hold{' '}
            {formatBytes(described.downloadBytes)}.
            {described.memory &&
              ` Training needs up to ${formatBytes(described.memory.totalBytes)} of ${onnx ? '' : 'graphics '}memory.`}
          </p>
        )
      )}
      {described?.caution && <p className="field-problem">{described.caution}</p>}
      {!isGiven && (
        <Disclosure title="All methods and their sizes">
          {() => <MethodList form={form} methods={methods} onChoose={choose} />}
        </Disclosure>
      )}
      {method && !fuses && (
        <Disclosure title="What it does, exactly">
          <p className="field-help">
            {method.summary} {method.paper}. AdapterHub’s <code>{method.id}</code>.
          </p>
          <p className="field-help">
            The numbers that train are the method’s and the head’s.{' '}
            {described?.memory && memorySentence(described.memory)}
          </p>
        </Disclosure>
      )}
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

/** What the memory of a batch of the longest texts is for, for the most part. */
function memorySentence({ frozenBytes, activationBytes, parameterBytes }: MemoryEstimate): string {
  return `Of the memory, with a batch of the longest texts, ${formatBytes(frozenBytes)} hold the base model, ${formatBytes(activationBytes)} activations, ${formatBytes(parameterBytes)} parameters and optimizer.`;
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
