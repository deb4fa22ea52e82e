/** Every method by what it is good for, with a sentence and its size, for who does not know them by name. */
import { useEffect, useState } from 'react';
import { type MethodDescription, type MethodGroup, methodGroups } from '../../adapters/method';
import type { MethodSizeOf } from '../../protocol/types';
import { formatBytes, formatCount } from '../format';
import { useStudio } from '../store/context';
import type { FormValues } from '../store/form';

interface MethodListProps {
  readonly form: FormValues;
  readonly methods: readonly MethodDescription[];
  readonly onChoose: (id: string) => void;
}

export function MethodList({ form, methods, onChoose }: MethodListProps) {
  const sizes = useMethodSizes(form.baseModel);
  return (
    <div className="method-list">
      <p className="field-help">
        Sizes by default on this base model; the head, the same for all, comes on top.
      </p>
      {(Object.keys(methodGroups) as MethodGroup[]).map((group) => (
        <section key={group} aria-label={methodGroups[group]}>
          <h3>{methodGroups[group]}</h3>
          <ul>
            {methods
              .filter((method) => method.group === group)
              .map(({ id, title, plainly }) => (
                <li key={id}>
                  <button
                    type="button"
                    className="method-offer"
                    aria-pressed={id === form.method}
                    onClick={() => onChoose(id)}
                  >
                    <strong>{title}</strong>
                    <span className="method-size">
                      {sizes && sizeInWords(sizes.find((size) => size.id === id))}
                    </span>
                    <span className="method-plainly">{plainly}</span>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function sizeInWords(size: MethodSizeOf | undefined): string {
  if (!size) return 'not on this base model';
  if (size.trainedParameters === 0) return 'the head alone';
  return `${formatCount(size.trainedParameters)} numbers · ${formatBytes(size.fileBytes)}`;
}

function useMethodSizes(baseModel: string): readonly MethodSizeOf[] | null {
  const studio = useStudio();
  const [known, setKnown] = useState<{
    readonly baseModel: string;
    readonly sizes: readonly MethodSizeOf[];
  } | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void studio.methodSizes().then((sizes) => {
      if (isCurrent && sizes) setKnown({ baseModel, sizes });
    });
    return () => {
      isCurrent = false;
    };
  }, [studio, baseModel]);
  return known?.baseModel === baseModel ? known.sizes : null;
}
