/** Records that could not be read: what and why, with a way to take them away and to delete them. Only where there are some. */
import { Download, Trash2 } from 'lucide-react';
import type { SetAsideRecord } from '../../protocol/records';
import { formatBytes } from '../format';
import { useStudio, useStudioState } from '../store/context';

const kindNames: Readonly<Record<SetAsideRecord['kind'], string>> = {
  run: 'Run',
  adapter: 'Adapter',
  checkpoint: 'Checkpoint',
  dataset: 'Data set',
  setting: 'Setting',
  model: 'Base model',
  download: 'Unfinished download',
  series: 'Part of a curve',
};

export function SetAsidePanel() {
  const records = useStudioState((s) => s.setAside);
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
  const { key, kind, name, reason, sizeBytes } = record;
  const title = name === null ? kindNames[kind] : `${kindNames[kind]} ${name}`;
  return (
    <li aria-label={key}>
      <div>
        <h3>{title}</h3>
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
          onClick={() => {
            if (
              confirm(
                `Delete ${title} (${key})? This cannot be undone; download it first if you may want it.${consequences[kind] ?? ''}`,
              )
            )
              void studio.deleteSetAside(key);
          }}
        >
          <Trash2 size={13} aria-hidden /> Delete
        </button>
      </div>
    </li>
  );
}

const consequences: Readonly<Partial<Record<SetAsideRecord['kind'], string>>> = {
  run: ' Its curve and its checkpoints are deleted with it.',
  model: ' Its files are deleted with it.',
  download: ' What is here of its files is deleted with it.',
};
