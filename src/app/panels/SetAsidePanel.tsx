/** Records that could not be read: what and why, with a way to take them away and to delete them. Only where there are some. */
import { Download, Trash2 } from 'lucide-react';
import type { SetAsideRecord } from '../../protocol/records';
import { formatBytes } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { deleteButtonId } from '../store/deletions';
import { useSetAside } from '../store/present';
import { setAsideTitle } from '../store/set-aside-words';

export function SetAsidePanel() {
  const records = useSetAside();
  if (records.length === 0) return null;
  return (
    <section className="panel" aria-label="Set aside">
      <div className="panel-head">
        <h2>Set aside</h2>
        <p className="muted">
          {records.length === 1 ? 'One stored record' : `${records.length} stored records`} could not be read.
          Everything else works, and nothing here was changed.
        </p>
      </div>
      <ul className="set-aside">
        {records.map((record) => (
          <SetAsideRow key={record.key} record={record} />
        ))}
      </ul>
    </section>
  );
}

function SetAsideRow({ record }: { readonly record: SetAsideRecord }) {
  const studio = useStudio();
  const busy = useStudioState((s) => s.pending.includes(`set aside ${record.key}`));
  const { key, kind, reason, sizeBytes } = record;
  return (
    <li aria-label={key}>
      <div>
        <h3>{setAsideTitle(record)}</h3>
        <p className="muted">
          <code>{record.keys.slice(0, kind === 'adapter' ? 2 : 1).join(', ')}</code> · about{' '}
          {formatBytes(sizeBytes)}
        </p>
        <p className="field-help">{reason}</p>
      </div>
      <div className="actions">
        <button
          type="button"
          className="button small"
          aria-label={`Download ${key}`}
          title="As a JSON file that loses nothing"
          disabled={busy}
          onClick={() => void studio.downloadSetAside(key)}
        >
          <Download size={13} aria-hidden /> Download
        </button>
        <button
          type="button"
          className="button small"
          aria-label={`Delete ${key}`}
          disabled={busy}
          id={deleteButtonId({ kind: 'setAside', id: key })}
          onClick={() => studio.deleteSoon('setAside', key)}
        >
          <Trash2 size={13} aria-hidden /> Delete
        </button>
      </div>
    </li>
  );
}
