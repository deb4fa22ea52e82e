/** Deletes in two clicks: the first asks, in place, so that nothing covers the page and no focus is lost. */
import { Trash2 } from 'lucide-react';
import { useState } from 'react';

interface DeleteButtonProps {
  /** Accessible name of the first button, e.g. `Delete run amber-heron-1`. */
  readonly label: string;
  /** What is lost, e.g. `Its adapter stays.` */
  readonly consequence: string;
  readonly disabled: boolean;
  readonly onDelete: () => void;
}

export function DeleteButton({ label, consequence, disabled, onDelete }: DeleteButtonProps) {
  const [asking, setAsking] = useState(false);
  if (!asking || disabled) {
    return (
      <button
        type="button"
        className="icon-button"
        aria-label={label}
        title={label}
        disabled={disabled}
        onClick={() => setAsking(true)}
      >
        <Trash2 size={15} aria-hidden />
      </button>
    );
  }
  return (
    <fieldset
      className="confirm"
      aria-label={`${label}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setAsking(false);
      }}
    >
      <span>{consequence}</span>
      <button
        type="button"
        className="button small danger"
        ref={(button) => button?.focus()}
        onClick={onDelete}
      >
        Delete
      </button>
      <button type="button" className="button small" onClick={() => setAsking(false)}>
        Keep
      </button>
    </fieldset>
  );
}
