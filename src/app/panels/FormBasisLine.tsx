/** Says which run the form was filled from, and what of it is not as usual. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { RunSettings } from '../../runs/settings';
import { useStudio } from '../store/context';
import { type FormValues, formOf } from '../store/form';
import { changedLabels, type FormBasis } from '../store/run-form';

interface FormBasisLineProps {
  readonly basis: FormBasis;
  readonly form: FormValues;
  readonly defaults: RunSettings;
}

export function FormBasisLine({ basis, form, defaults }: FormBasisLineProps) {
  const studio = useStudio();
  const line = useRef<HTMLDivElement>(null);
  // Who asked for it goes on here: not who comes back to the place later.
  useEffect(() => {
    if (studio.drafts.get('basis') === basis) return;
    studio.drafts.set('basis', basis);
    line.current?.focus();
  }, [studio, basis]);
  const unusual = changedLabels(form.values, formOf(defaults, form.datasetId).values);
  const changed = changedLabels(form.values, basis.form.values);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be one of the form's
    <div className="form-basis" role="group" aria-label="Filled from a run" tabIndex={-1} ref={line}>
      <p>
        Filled from <strong>{basis.runName}</strong>.{' '}
        {unusual.length > 0 && <>Not the defaults: {unusual.join(', ')}. </>}
        {changed.length > 0 ? <>Changed since: {changed.join(', ')}.</> : 'As the run had it.'}
      </p>
      {basis.missing.length > 0 && (
        <p className="field-problem">
          Not here any more: {basis.missing.join(', ')}. The default stands instead.
        </p>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Compare with the defaults again"
        title="The form stays as it is; its fields lead back to the defaults"
        onClick={() => studio.forgetBasis()}
      >
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
