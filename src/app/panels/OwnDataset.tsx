/** What there is to know of a person's own data set beside its rows: how much of its file it is, whether it is kept, its end. */
import { Trash2 } from 'lucide-react';
import type { DatasetSummary } from '../../protocol/types';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { deleteButtonId } from '../store/deletions';

export function OwnDataset({ dataset }: { readonly dataset: DatasetSummary }) {
  const studio = useStudio();
  const deleting = useStudioState((s) => s.pending.includes(`delete ${dataset.id}`));
  const { id, rows, sampledFrom, isKept } = dataset;
  const taken = rows.train + rows.validation + (rows.test ?? 0);
  return (
    <>
      {sampledFrom !== null && (
        <p className="field-help">
          A sample of {formatCount(taken)} of the {formatCount(sampledFrom)} rows of its file.
        </p>
      )}
      {!isKept && (
        <p className="field-problem">
          This browser gives the studio no room for files, as in a private window: the data set is gone when
          the page is closed.
        </p>
      )}
      <div className="actions">
        <button
          type="button"
          className="button small"
          disabled={deleting}
          id={deleteButtonId({ kind: 'dataset', id })}
          onClick={() => studio.deleteSoon('dataset', id)}
        >
          <Trash2 size={14} aria-hidden /> Delete this data set
        </button>
      </div>
    </>
  );
}
