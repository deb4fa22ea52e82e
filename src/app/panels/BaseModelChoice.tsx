/** The base model: one that is here, or another one from the hub or from disk. */
import type { BaseModelDescription } from '../../protocol/types';
import { formatBytes, formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { FormValues } from '../store/form';
import { useBaseModels } from '../store/present';
import { Disclosure } from './Disclosure';
import { GroupedSelectField } from './fields';
import { DownloadRow, HubModel } from './HubModel';
import { KeptModels } from './KeptModels';

export function BaseModelChoice({ form }: { readonly form: FormValues }) {
  const studio = useStudio();
  const models = useBaseModels();
  const parent = useStudioState((s) => s.adapters.find(({ id }) => id === form.startFrom));
  const base = models.find(({ id }) => id === form.baseModel);
  const own = models.find(({ id }) => id === parent?.baseModel);
  // An adapter goes on where its sizes are.
  const fitting = own
    ? models.filter(({ layers, hiddenSize }) => layers === own.layers && hiddenSize === own.hiddenSize)
    : models;
  const option = (model: BaseModelDescription) => ({ value: model.id, label: nameOf(model, models) });
  return (
    <>
      <GroupedSelectField
        label="Base model"
        value={form.baseModel}
        groups={[
          { label: 'Built in', options: fitting.filter(({ kept }) => kept === null).map(option) },
          { label: 'Kept in this browser', options: fitting.filter(({ kept }) => kept !== null).map(option) },
        ].filter(({ options }) => options.length > 0)}
        onChange={(baseModel) => studio.edit({ baseModel })}
        disabled={parent !== undefined && fitting.length < 2}
        help={base ? inWords(base) : undefined}
      />
      {parent && base && isOther(parent, base) && (
        <p className="field-problem">
          {parent.name} was made on {parent.base.name} with other weights. It goes on from values that fit
          those.
        </p>
      )}
      <Disclosure title="Another base model">
        <HubModel />
      </Disclosure>
      <DownloadRow />
      <KeptModels />
    </>
  );
}

/** Two revisions of one repository are told apart. */
function nameOf(model: BaseModelDescription, all: readonly BaseModelDescription[]): string {
  const isAlone = all.filter(({ title }) => title === model.title).length < 2;
  return isAlone ? model.title : model.id;
}

const inWords = ({ layers, hiddenSize, parameterCount, downloadBytes }: BaseModelDescription) =>
  `${formatCount(layers)} layers of ${formatCount(hiddenSize)}, ${(parameterCount / 1e6).toFixed(1)} M parameters, all frozen (${formatBytes(downloadBytes)})`;

/** Embedded models have no fingerprint before they are read: only a kept one can be told from the adapter's. */
function isOther(
  { base, baseModel }: { readonly base: { readonly fingerprint: string }; readonly baseModel: string },
  { id, kept }: BaseModelDescription,
): boolean {
  if (base.fingerprint === '') return false;
  return kept ? kept.fingerprint !== base.fingerprint : id !== baseModel;
}
